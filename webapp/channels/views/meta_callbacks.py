"""Facebook's own calls: somebody removed the app, or wants their data deleted (signed_request)."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.channels import actions, queries
from webapp.channels.views.blueprint import bp, config
from webapp.core import clock
from webapp.core.crypto import Secret, fingerprint
from webapp.meta.signature import BadSignedRequest, read_signed_request
from webapp.web.addresses import address_of
from webapp.web.security import csrf


@bp.post("/webhooks/meta/deauthorization")
@access.public
def deauthorization() -> ResponseReturnValue:
    actions.lose_user(_user_id(), now=clock.now())
    return "", 200


@bp.post("/webhooks/meta/data-deletion")
@access.public
def data_deletion() -> ResponseReturnValue:
    """Answers, as Meta wants it, where the person can see that it is done."""
    user_id = _user_id()
    # The same person asking again gets the same code, and nobody can guess it.
    code = fingerprint(f"{config().secret_key}:{user_id}")[:20]
    actions.forget_user(user_id, code=code, now=clock.now())
    return {"url": address_of("channels.deletion_status", code=code), "confirmation_code": code}


@bp.get("/data-deletion/<code>")
@access.public
def deletion_status(code: str) -> ResponseReturnValue:
    done = queries.data_deletion(code)
    if done is None:
        raise NotFound
    return render_template("channels/data_deletion.html", deletion=done)


# Meta sends no CSRF token; its signature proves more.
for view in (deauthorization, data_deletion):
    csrf.exempt(view)


@bp.errorhandler(BadSignedRequest)
def badly_signed(error: BadSignedRequest) -> ResponseReturnValue:
    return {"error": "signed_request is missing, malformed or not signed by this app"}, 403


def _user_id() -> str:
    secrets = [Secret(text) for text in config().meta_app_secrets]
    payload = read_signed_request(request.form.get("signed_request", ""), secrets)
    user_id = payload.get("user_id")
    if not user_id:
        raise BadSignedRequest
    return str(user_id)
