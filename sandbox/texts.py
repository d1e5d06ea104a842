"""The sandbox's own words, Chinese first. Meta's wire texts are not here: those are never translated."""

import json
from pathlib import Path
from typing import Any

from flask import Flask, g, request

LANGUAGES = ("zh", "en")
COOKIE = "sandbox_language"
HTML_LANG = {"zh": "zh-Hant-TW", "en": "en"}
_WORDS: dict[str, list[str]] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))


def language() -> str:
    """`?lang=` first, then what this browser chose before, then Chinese."""
    asked = request.args.get("lang") or request.cookies.get(COOKIE, "")
    return asked if asked in LANGUAGES else LANGUAGES[0]


def word(key: str, **values: Any) -> str:
    """The text of a key in this request's language. A missing key is a KeyError, so tests find it."""
    return _WORDS[key][LANGUAGES.index(language())].format(**values)


def known(key: str) -> bool:
    return key in _WORDS


def install(app: Flask) -> None:
    app.context_processor(_names)
    app.after_request(_remember)


def _names() -> dict[str, Any]:
    now = language()
    other = LANGUAGES[1 - LANGUAGES.index(now)]
    return {"t": word, "known": known, "language": now, "other_language": other, "html_lang": HTML_LANG[now]}


def _remember(response: Any) -> Any:
    if request.args.get("lang") in LANGUAGES and not g.get("stateless"):
        response.set_cookie(COOKIE, request.args["lang"], max_age=31536000, samesite="Lax", httponly=True)
    return response
