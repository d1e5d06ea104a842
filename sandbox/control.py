"""The control API: play customers and owners, break things, look behind the scenes. JSON or form posts."""

from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, jsonify, make_response

from sandbox import asked, causes, grants, login, play, snapshot, theatre
from sandbox.asked import act, control_blueprint
from sandbox.causes import BadSubject, Subject
from sandbox.graph import subscriptions
from sandbox.model import Fault
from sandbox.play import BadPlay
from sandbox.runtime import Sandbox, this_sandbox

blueprint = control_blueprint("control", "/control")
MOST_COPIES = 100


@blueprint.get("/state")
def state() -> Response:
    sandbox = this_sandbox()
    with sandbox.lock:
        return jsonify(snapshot.whole(sandbox))


@blueprint.get("/revision")
def revision() -> Response:
    """A text that is another one as soon as anything on the pages is."""
    sandbox = this_sandbox()
    attempts = sum(len(one.attempts) for one in sandbox.sender.recent())
    newest = next((mail.number for mail in sandbox.postbox.newest_first()), 0)
    return jsonify({"revision": f"{sandbox.revision}.{sandbox.calls}.{attempts}.{newest}"})


@blueprint.post("/reset")
def reset() -> Response:
    def action(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
        sandbox.reset()
        return {"ok": True}

    theatre.this_stage().stop()
    return act(action)


@blueprint.post("/dm")
def dm() -> Response:
    """A customer writes. `message` may hold any webhook message form instead of `text`."""
    return act(play.customer_writes)


@blueprint.post("/act")
def do() -> Response:
    """A customer does any form by name: `{"account", "customer", "form", "text", "mid", "times"}`."""
    return act(play.customer_does)


@blueprint.post("/reply")
def reply() -> Response:
    """The business answers in the Instagram or Messenger app itself: an echo without our app."""
    return act(play.business_writes)


@blueprint.post("/event")
def event() -> Response:
    """Any other customer event: `{"account", "customer", "field", "event": {"read": {…}}}`."""
    return act(play.customer_acts)


@blueprint.post("/thread-owner")
def thread_owner() -> Response:
    """Another app passes a thread to ours (`app` ours) or takes it back (`app` other)."""
    return act(play.thread_passes)


@blueprint.post("/causes")
def switch() -> Response:
    """Switch one cause; the fault kinds also take endpoint, page, seconds and times."""

    def action(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
        name, on = str(given.get("cause", "")), asked.yes(given.get("on", True))
        if name in causes.FAULTS:
            fault = _fault(sandbox, name, given)
            causes.set_fault(sandbox.state, fault, on)
            return {"cause": name, "on": on, "subject": asdict(fault)}
        names = ("person", "page", "account", "customer", "permission")
        subject = Subject(**{part: play.resolve(sandbox.state, part, str(given.get(part) or "")) for part in names})
        done = causes.switch(sandbox, name, subject, on)
        return {"cause": name, "on": on, "subject": asdict(done)}

    return act(action)


def _fault(sandbox: Sandbox, kind: str, given: dict[str, Any]) -> Fault:
    page = play.resolve(sandbox.state, "page", str(given.get("page") or ""))
    if page and page not in sandbox.state.pages:
        raise BadSubject(f"{kind} needs a known page, not {page!r}.")
    try:
        seconds = float(given.get("seconds") or causes.DEFAULT_SECONDS.get(kind, 0.0))
        times = int(given["times"]) if given.get("times") else None
    except ValueError as error:
        raise BadSubject("seconds and times must be numbers.") from error
    endpoint = str(given.get("endpoint") or "").strip("/")
    return Fault(kind, endpoint, page, seconds, times)


@blueprint.post("/redeliver")
def redeliver() -> Response:
    """Send the webhook of a message again, `times` times, one by one or side by side (`at_once`)."""
    sandbox, given = this_sandbox(), asked.values()
    original = next((one for one in sandbox.sender.recent() if one.what.endswith(f" {given.get('mid')}")), None)
    if original is None:
        return make_response({"error": "No delivery of this mid was sent."}, 404)
    times = max(1, min(asked.number(given, "times", 1), MOST_COPIES))
    copies = sandbox.sender.copies(original, times)
    if asked.yes(given.get("wrong_signature", False)):
        for copy in copies:
            copy.secret = "not-the-app-secret"
    size = times if asked.yes(given.get("at_once", False)) else 1
    for first in range(0, times, size):
        sandbox.sender.send_at_once(copies[first : first + size])
    return asked.answered(given, {"deliveries": [copy.summary() for copy in copies]})


@blueprint.post("/settle")
def settle() -> Response:
    """Wait until every webhook that is due has been answered: `{"settled": true}`."""
    timeout = min(asked.number(asked.values(), "timeout", 5), 60)
    return jsonify({"settled": this_sandbox().sender.settle(timeout)})


@blueprint.post("/clock")
def clock() -> Response:
    """Move the sandbox's clock: `advance` seconds, added to what was moved before. Late deliveries come nearer."""

    def action(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
        seconds = asked.number(given, "advance", 0)
        sandbox.state.clock_offset += seconds
        sandbox.sender.advance(max(seconds, 0))
        return {"now": sandbox.state.now()}

    return act(action)


@blueprint.post("/login")
def login_without_pages() -> Response:
    """Go through the dialog in one call: `url` of the dialog, `person`, and optionally `pages`, `instagram`,
    `declined` (lists; missing means everything) or `cancel`. Answers the address to go back to."""

    def action(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
        params = dict(parse_qsl(urlsplit(str(given.get("url", ""))).query, keep_blank_values=True))
        run = login.begin(sandbox, params)
        if asked.yes(given.get("cancel", False)):
            return {"location": login.cancel(sandbox, run)}
        return {"location": play.log_in(sandbox, run, given)}

    return act(action)


@blueprint.post("/pages")
def crowd() -> Response:
    """Give a person `count` more Pages, each with an Instagram account unless `instagram` is false."""
    return act(play.more_pages)


@blueprint.post("/app")
def app_settings() -> Response:
    """Point the app elsewhere while running: webhook_url, deauthorize_url, data_deletion_url, redirect_uris."""
    return act(play.app_moves)


@blueprint.post("/data-deletion")
def data_deletion() -> Response:
    """The person removes the app and presses "Send Request"."""

    def action(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
        person_id = play.resolve(sandbox.state, "person", str(given.get("person") or ""))
        if person_id not in sandbox.state.people:
            raise BadPlay("data-deletion needs a known person.")
        return {"sent": grants.ask_for_deletion(sandbox, person_id)}

    return act(action)


@blueprint.post("/handshake")
def handshake() -> Response:
    """Verify every app-level callback again: object → what went wrong, or an empty text."""
    sandbox = this_sandbox()
    rows = list(sandbox.state.subscriptions.values())
    return jsonify({row.object: subscriptions.handshake(row) for row in rows})


@blueprint.get("/requests")
def requests_log() -> Response:
    return jsonify([asdict(one) for one in reversed(list(this_sandbox().requests))])


@blueprint.get("/deliveries")
def deliveries() -> Response:
    return jsonify([one.summary() for one in this_sandbox().sender.recent()])


@blueprint.get("/mails")
def mails() -> Response:
    return jsonify(this_sandbox().postbox.as_json())


@blueprint.post("/mails/clear")
def clear_mails() -> Response:
    def action(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
        sandbox.postbox.clear()
        return {"ok": True}

    return act(action)
