"""What the control API was asked, and how it answers: JSON for scripts, a way back for forms."""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request

from sandbox import login
from sandbox.acts import BadAct
from sandbox.causes import BadSubject
from sandbox.play import BadPlay
from sandbox.runtime import Sandbox, this_sandbox
from sandbox.stage import Busy
from sandbox.stories.script import NobodyConnected

OWN_PAGE = re.compile(r"/(?![/\\])[^\r\n]*$")
REFUSALS = (BadSubject, BadPlay, BadAct, Busy, NobodyConnected, login.Refusal)


def control_blueprint(name: str, prefix: str) -> Blueprint:
    """A blueprint whose buttons only our own pages and scripts press, and whose refusals are told in words."""
    blueprint = Blueprint(name, __name__, url_prefix=prefix)
    blueprint.before_request(_only_from_here)
    for refusal in REFUSALS:
        blueprint.register_error_handler(refusal, refused)
    return blueprint


def _only_from_here() -> Response | None:
    """A page of another site must not press these buttons."""
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site":
        return make_response({"error": "The control API answers its own pages and scripts only."}, 403)
    return None


def values() -> dict[str, Any]:
    if request.is_json:
        body = request.get_json(silent=True)
        return body if isinstance(body, dict) else {}
    return request.form.to_dict()


def number(given: dict[str, Any], name: str, default: int) -> int:
    return int(decimal(given, name, default))


def decimal(given: dict[str, Any], name: str, default: float) -> float:
    value = given.get(name)
    try:
        return default if value in (None, "") else float(value)
    except (TypeError, ValueError) as error:
        raise BadPlay(f"{name} must be a number.") from error


def yes(value: Any) -> bool:
    return str(value).lower() in ("1", "true", "on", "yes")


def act(action: Callable[[Sandbox, dict[str, Any]], dict[str, Any]]) -> Response:
    """Run one action under the lock; forms go back to their page, scripts get JSON."""
    sandbox, given = this_sandbox(), values()
    with sandbox.lock:
        result = action(sandbox, given)
        sandbox.changed()
    return answered(given, result)


def answered(given: dict[str, Any], result: dict[str, Any]) -> Response:
    back = str(given.get("back", ""))
    if OWN_PAGE.match(back) and not request.is_json:
        return make_response(redirect(back, 303))
    return jsonify(result)


def refused(error: Exception) -> Response:
    """Scripts get JSON; whoever pressed a button gets a page with the way back."""
    back = str(request.form.get("back", ""))
    if OWN_PAGE.match(back):
        return make_response(render_template("control/refused.html", reason=str(error), back=back), 400)
    return make_response({"error": str(error)}, 400)
