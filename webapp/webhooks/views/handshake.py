"""Meta's handshake. Deliveries come in by `door.py`."""

import hmac

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from config import Config
from webapp.accounts import access

bp = Blueprint("webhooks", __name__)
LONGEST_CHALLENGE = 200


@bp.get("/webhooks/meta")
@access.public
def handshake() -> ResponseReturnValue:
    """Meta asks whether this address is ours, whenever the webhook is set up."""
    given = request.args.get("hub.verify_token", "").encode(errors="replace")
    expected = _config().meta_verify_token.encode()
    if request.args.get("hub.mode") != "subscribe" or not hmac.compare_digest(given, expected):
        return _empty(403)
    return Response(request.args.get("hub.challenge", "")[:LONGEST_CHALLENGE], mimetype="text/plain")


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """A machine needs no page."""
    return _empty(error.code or 400)


def _empty(status: int) -> Response:
    return Response("", status, mimetype="text/plain")


def _config() -> Config:
    return current_app.extensions["config"]  # type: ignore[no-any-return]
