"""Meta's door: the handshake, and deliveries. Answers at once; the work comes after."""

import hmac
import logging

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from config import Config
from webapp.accounts import access
from webapp.core import clock
from webapp.core.crypto import Secret
from webapp.meta.signature import is_signed
from webapp.web.security import csrf
from webapp.webhooks import actions

log = logging.getLogger("webapp.webhooks")

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


@bp.post("/webhooks/meta")
@access.public
def deliver() -> ResponseReturnValue:
    """The signature is over the bytes as they came: nothing parses them before."""
    body = request.get_data(cache=False)
    signature = request.headers.get("X-Hub-Signature-256")
    if not is_signed(body, signature, [Secret(_config().meta_app_secret)]):
        log.warning("delivery refused: signature %s", "missing" if signature is None else "wrong")
        actions.note_refused(was_missing=signature is None, now=clock.now())
        return _empty(403)
    actions.store(body, now=clock.now())
    return _empty(200)


csrf.exempt(deliver)


@bp.errorhandler(SQLAlchemyError)
def database_down(error: SQLAlchemyError) -> ResponseReturnValue:
    """Not stored, so not 200: Meta brings it again."""
    log.error("delivery not stored: %s", type(error).__name__)
    return _empty(503)


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """A machine needs no page."""
    return _empty(error.code or 400)


def _empty(status: int) -> Response:
    return Response("", status, mimetype="text/plain")


def _config() -> Config:
    return current_app.extensions["config"]  # type: ignore[no-any-return]
