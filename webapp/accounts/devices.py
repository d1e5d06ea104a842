"""Browsers that somebody has signed in with before: others' wrong passwords do not lock them out.

A signed cookie of its own: signing out leaves it, because it opens nothing.
"""

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from webapp.accounts.models import SignIn

LIFE = 180 * 24 * 3600  # seconds


def known(email: str) -> str | None:
    """The name of this browser, if this address has signed in here before."""
    try:
        device, address = _signer().loads(request.cookies.get(_name(), ""), max_age=LIFE)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(device) if address == email.strip().lower() else None


def remember(response: Response, opened: SignIn) -> None:
    """Keep in this browser that it has been used by this person."""
    value = _signer().dumps([str(opened.id), opened.person.email])
    response.set_cookie(
        _name(),
        value,
        max_age=LIFE,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")
