"""The mail catcher's pages: a list, one mail, and its HTML part on its own."""

import re

from flask import Blueprint, Response, abort, make_response, render_template
from markupsafe import Markup, escape

from sandbox.postbox import Mail
from sandbox.runtime import this_sandbox

blueprint = Blueprint("mailroom", __name__)
HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: http: https:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "frame-ancestors 'self'"
)


ADDRESS = re.compile(r"https?://[^\s<>\"'()（）「」，。；]+")


@blueprint.get("/mail")
def listing() -> str:
    return render_template("mail/list.html", mails=this_sandbox().postbox.newest_first())


@blueprint.get("/mail/<int:number>")
def one(number: int) -> str:
    return render_template("mail/one.html", mail=_mail(number))


@blueprint.get("/mail/<int:number>/html")
def html_part(number: int) -> Response:
    """The HTML part as it was sent, behind a policy that runs no script; links leave the frame."""
    response = make_response('<base target="_blank">' + _mail(number).html)
    response.headers["Content-Security-Policy"] = HTML_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.app_template_filter("linked")
def linked(text: str) -> Markup:
    """Plain text with its addresses as links, also where Chinese punctuation touches them."""
    pieces, end = [], 0
    for found in ADDRESS.finditer(text):
        address = escape(found.group())
        link = Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(address)
        pieces += [escape(text[end : found.start()]), link]
        end = found.end()
    return Markup("").join([*pieces, escape(text[end:])])


def _mail(number: int) -> Mail:
    mail = this_sandbox().postbox.numbered(number)
    if mail is None:
        abort(404)
    return mail
