"""Languages: zh-Hant first, English by a switch that the browser remembers."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from babel import Locale
from babel.dates import format_timedelta, get_timezone_location
from flask import Blueprint, Flask, current_app, redirect, request
from flask_babel import Babel, get_locale, get_timezone, gettext, to_user_timezone
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
    app.jinja_env.filters["for_support"] = for_support
    app.jinja_env.filters["by_the_city"] = by_the_city
    # A macro whose answers a template remembers, for lists whose rows have most words in common.
    app.jinja_env.globals["once"] = cache
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
    response = redirect(_openable(local_path(request.form.get("next")) or "/"), 303)
    if locale in LOCALES:
        response.set_cookie(COOKIE, locale, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return response


choose.access = "public"  # type: ignore[attr-defined]


def _openable(path: str) -> str:
    """The address, or the nearest one above it: a page that answered a form may stand where nothing can be opened."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None, "there is a request"
    above = urlsplit(path).path
    methods = adapter.allowed_methods(above)
    if "GET" in methods or not methods:
        return path
    while above and "GET" not in adapter.allowed_methods(above):
        above = above.rpartition("/")[0]
    return above or "/"


def ago(moment: datetime | None) -> str:
    """How long since, in words; never "in the future" for a clock that is a little off."""
    if moment is None:
        return ""
    seconds = (clock.now() - moment).total_seconds()
    if abs(seconds) < 45:
        return str(gettext("just now"))
    # Many a time of a page is as long ago as another: to the minute, so that they share their words.
    return _in_words(timedelta(minutes=-round(seconds / 60)), get_locale())


@lru_cache(4096)
def _in_words(length: timedelta, locale: Locale) -> str:
    return format_timedelta(length, granularity="minute", add_direction=True, threshold=1.2, locale=locale)


def exact(moment: datetime | None) -> str:
    """To the second, in the reader's time zone: 2026-11-26 14:05:09. Alike in every language."""
    return f"{to_user_timezone(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def for_support(moment: datetime | None) -> str:
    """The same for whoever sits elsewhere: 2026-11-26 14:05:09 GMT+08:00."""
    if moment is None:
        return ""
    offset = f"{to_user_timezone(moment):%z}"
    return f"{exact(moment)} GMT{offset[:3]}:{offset[3:]}"


def by_the_city(moment: datetime) -> str:
    """To the minute, for a mail that may be read anywhere: 2026-11-26 14:05 (Taipei time)."""
    local = to_user_timezone(moment)
    city = get_timezone_location(get_timezone(), locale=get_locale(), return_city=True)
    return str(gettext("%(time)s (%(city)s time)", time=f"{local:%Y-%m-%d %H:%M}", city=city))
