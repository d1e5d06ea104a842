"""The browser of somebody who holds a repair link: a signed cookie of its own, which signs in nobody."""

import secrets

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

# A trip to Facebook takes fifteen minutes at most; its end can be looked at a while longer.
LIFE_SECONDS = 60 * 60


def secret() -> str:
    """What this browser proves itself with, or "" when it holds nothing."""
    try:
        found = _signer().loads(request.cookies.get(_name(), ""), max_age=LIFE_SECONDS)
    except BadSignature:
        return ""
    return found if isinstance(found, str) else ""


def new_secret() -> str:
    """The one that this browser has, so that trips in two of its tabs both end well, else a new one."""
    return secret() or secrets.token_urlsafe(32)


def remember(response: Response, value: str) -> Response:
    response.set_cookie(
        _name(),
        _signer().dumps(value),
        max_age=LIFE_SECONDS,
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        # Lax, not Strict: the way back from Facebook is a cross-site navigation.
        samesite="Lax",
    )
    return response


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-repair"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="repair-link")
