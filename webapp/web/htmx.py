"""Answers to htmx: fragments for those who ask for them, whole pages for all others."""

import json
from typing import Any

from flask import Flask, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from htmx_flask import Htmx
from werkzeug.wrappers import Response

htmx = Htmx()


def init_app(app: Flask) -> None:
    htmx.init_app(app)


def wants_fragment() -> bool:
    """Whether htmx asked. Nothing else decides between fragment and page."""
    return request.headers.get("HX-Request") == "true"


def is_poll() -> bool:
    """Whether the page asks by itself, without anybody who waits for the answer."""
    return "Poll" in request.headers


def fragment(
    template: str, *, toast: str | None = None, kind: str = "good", status: int = 200, **context: Any
) -> Response:
    """A template with one root element, and perhaps a toast."""
    response = make_response(render_template(template, **context), status)
    return with_toast(response, toast, kind)


def with_toast(response: Response, text: str | None, kind: str = "good") -> Response:
    if text is not None:
        response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": kind}})
    return response


def announce(response: Response, event: str, **detail: str) -> Response:
    """Tell the page that something happened; its elements may listen."""
    told = json.loads(response.headers.get("HX-Trigger", "{}"))
    response.headers["HX-Trigger"] = json.dumps(told | {event: detail})
    return response


def say(response: Response, text: str) -> Response:
    """For those who listen, where everybody else sees it: no toast lies on what is pressed next."""
    return announce(response, "says", text=text)


def nothing_new() -> ResponseReturnValue:
    """The answer to a poll that has no news: nothing is swapped."""
    return "", 204


def again_soon(page: str, *, waiting: bool) -> Response:
    """A page that asks for itself every few seconds while it waits: without a script too."""
    response = make_response(page)
    if waiting:
        response.headers["Refresh"] = "3"
    return response


def go(url: str, toast: str | None = None, kind: str = "good") -> Response:
    """To another page, with a word that the page will show. `kind` is good, info, warn or bad."""
    if toast is not None:
        flash(toast, kind)
    if not wants_fragment():
        return redirect(url, 303)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = url
    return response
