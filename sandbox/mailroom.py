"""The mail catcher's pages: a list, one mail, and its HTML part on its own."""

from flask import Blueprint, Response, abort, make_response, render_template

from sandbox.postbox import Mail
from sandbox.runtime import this_sandbox

blueprint = Blueprint("mailroom", __name__)
HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: http: https:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "frame-ancestors 'self'"
)


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


def _mail(number: int) -> Mail:
    mail = this_sandbox().postbox.numbered(number)
    if mail is None:
        abort(404)
    return mail
