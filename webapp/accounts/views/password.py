"""A forgotten password: a mailed link leads to a new one."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import access, actions, queries
from webapp.accounts.forms import ForgottenForm, PasswordForm
from webapp.accounts.models import DoorLink, LinkKind, LinkState
from webapp.accounts.views.blueprint import bp
from webapp.core import clock
from webapp.web.htmx import go


@bp.get("/forgotten-password")
@access.public
def forgotten_password() -> ResponseReturnValue:
    return render_template("accounts/forgotten.html", form=ForgottenForm())


@bp.post("/forgotten-password")
@access.public
def mail_password_link() -> ResponseReturnValue:
    """Answers alike whether anybody has the address or not."""
    form = ForgottenForm()
    if not form.validate():
        return render_template("accounts/forgotten.html", form=form), 422
    email = form.email.data or ""
    actions.mail_password_link(email, client=request.remote_addr, now=clock.now())
    told = gettext("If %(email)s has an account, a mail with a link is on its way. It works for an hour.", email=email)
    return go(url_for("accounts.sign_in"), told, "info")


@bp.get("/new-password/<token>")
@access.public
def new_password(token: str) -> ResponseReturnValue:
    link = _open_link(token)
    return render_template("accounts/new_password.html", form=PasswordForm(), token=token, email=link.email)


@bp.post("/new-password/<token>")
@access.public
def choose_password(token: str) -> ResponseReturnValue:
    """The link comes first: hashing a password is dear, and nobody pays for made-up links."""
    link, form = _open_link(token), PasswordForm()
    if not form.validate():
        return render_template("accounts/new_password.html", form=form, token=token, email=link.email), 422
    actions.choose_password(token, form.password.data or "", now=clock.now())
    return go(url_for("accounts.sign_in"), gettext("The new password counts. Sign in with it."))


def _open_link(token: str) -> DoorLink:
    link = queries.door_link(token, LinkKind.PASSWORD)
    if link is None or link.state(clock.now()) is not LinkState.OPEN:
        raise actions.LinkClosed
    return link
