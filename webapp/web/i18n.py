"""Languages: zh-Hant first, English by a switch that the browser remembers."""

from datetime import datetime
from pathlib import Path

from flask import Blueprint, Flask, redirect, request
from flask_babel import Babel, format_datetime, format_timedelta, gettext
from werkzeug.wrappers import Response

from webapp.core import clock
from webapp.web.security import local_path

LOCALES = {"zh_Hant_TW": "繁體中文", "en": "English"}
DEFAULT = "zh_Hant_TW"
COOKIE = "language"
YEAR = 365 * 24 * 3600

bp = Blueprint("language", __name__)


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Taipei"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(Path(__file__).parent.parent / "translations")
    Babel(app, locale_selector=chosen_locale)
    app.jinja_env.filters["ago"] = ago
    app.jinja_env.filters["exact"] = exact
    app.register_blueprint(bp)


def chosen_locale() -> str:
    """The browser's remembered choice, else the first language it asks for that we speak."""
    cookie = request.cookies.get(COOKIE, "")
    if cookie in LOCALES:
        return cookie
    for wanted, _quality in request.accept_languages:
        if wanted.lower().startswith("zh"):
            return "zh_Hant_TW"
        if wanted.lower().startswith("en"):
            return "en"
    return DEFAULT


@bp.post("/language")
def choose() -> Response:
    locale = request.form.get("locale", "")
    response = redirect(local_path(request.form.get("next")) or "/", 303)
    if locale in LOCALES:
        response.set_cookie(COOKIE, locale, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return response


choose.access = "public"  # type: ignore[attr-defined]


def ago(moment: datetime | None) -> str:
    """How long since, in words; never "in the future" for a clock that is a little off."""
    if moment is None:
        return ""
    seconds = (clock.now() - moment).total_seconds()
    if abs(seconds) < 45:
        return str(gettext("just now"))
    return str(format_timedelta(-(clock.now() - moment), add_direction=True, threshold=1.2))


def exact(moment: datetime | None) -> str:
    return "" if moment is None else str(format_datetime(moment, "yyyy-MM-dd HH:mm:ss ZZZZ"))
