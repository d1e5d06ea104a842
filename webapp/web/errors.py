"""Every failure has a page with a sentence; the log has the cause."""

import logging
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.wrappers import Response

from webapp.core import db
from webapp.web.htmx import is_poll, wants_fragment, with_toast

log = logging.getLogger("webapp.errors")


class Refused(Exception):
    """Somebody may not do this. `whom` names the people who can."""

    def __init__(self, whom: list[str]) -> None:
        super().__init__()
        self.whom = whom


def init_app(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(DataError, unstorable)
    app.register_error_handler(OverflowError, unstorable)
    app.register_error_handler(Exception, broken)


def refused(error: Refused) -> Response:
    if error.whom:
        text = gettext("Your role does not allow this. Ask %(names)s.", names="、".join(error.whom))
    else:
        text = gettext("Your role does not allow this. Ask an admin of your workspace.")
    return page(403, gettext("You may not do this"), text)


def stale_form(error: CSRFError) -> Response:
    title, back = gettext("This page was open for too long"), _came_from()
    if back is None:
        return page(400, title, gettext("Nothing was changed. Reload the page and try again."))
    return page(400, title, gettext("Nothing was changed. Go back to the page and try again."), back)


def _came_from() -> str | None:
    """The page of ours whose form this was, where the browser says so."""
    came = urlsplit(request.referrer or "")
    if (came.scheme, came.netloc) != (request.scheme, request.host):
        return None
    return urlunsplit(("", "", came.path, came.query, ""))


def http_error(error: HTTPException) -> Response:
    code = error.code or 500
    titles = {
        404: (
            gettext("Nothing is here"),
            gettext("The address is wrong, or it belongs to another workspace."),
        ),
        405: (
            gettext("This address does not work that way"),
            gettext("Go back and use the buttons of the page."),
        ),
        413: (gettext("That is too large"), gettext("Send something smaller.")),
    }
    title, text = titles.get(
        code, (gettext("That did not work"), gettext("Nothing was changed. Go back and try again."))
    )
    return page(code, title, text)


def unstorable(error: Exception) -> Response:
    """No database has a row for it: a number beyond all ids, or a text with a NUL, which PostgreSQL does not take."""
    log.warning("no database takes this: %s", type(error).__name__, exc_info=error)
    db.give_up()
    return http_error(NotFound() if request.method == "GET" else BadRequest())


def broken(error: Exception) -> Response:
    log.error("unexpected %s", type(error).__name__, exc_info=error)
    title = gettext("Something broke on our side")
    text = gettext("It has been recorded. Try again in a moment; nothing was half-saved.")
    try:
        db.give_up()
        return page(500, title, text)
    except SQLAlchemyError:
        # The frame of a page is read from the database, and that is what broke.
        return make_response((f"{title}\n{text}\n", 500, {"Content-Type": "text/plain; charset=utf-8"}))


def page(code: int, title: str, text: str, back: str | None = None) -> Response:
    """An error as a whole page, with a way on; htmx gets a toast, so that it never lands inside a list.

    A poll only fails. `back` is the address of a page of ours, the start if there is none.
    """
    if is_poll():
        return make_response("", code)
    if wants_fragment():
        return with_toast(make_response("", code), f"{title}：{text}" if title else text, "bad")
    return make_response(render_template("errors/error.html", title=title, text=text, back=back), code)
