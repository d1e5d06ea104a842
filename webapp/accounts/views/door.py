"""The door: sign in, sign out, and the way to one's workspace."""

from math import ceil

from flask import render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_login import current_user, login_user, logout_user

from webapp.accounts import access, actions, devices, queries
from webapp.accounts.access import SignedIn
from webapp.accounts.forms import SignInForm
from webapp.accounts.views.blueprint import bp
from webapp.core import clock
from webapp.web.htmx import go
from webapp.web.security import local_path


@bp.get("/sign-in")
@access.public
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return go(local_path(request.args.get("next")) or "/")
    return render_template("accounts/sign_in.html", form=SignInForm(next=request.args.get("next")))


@bp.post("/sign-in")
@access.public
def open_sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    email = form.email.data or ""
    opened, key = actions.sign_in(
        email, form.password.data or "", client=request.remote_addr, device=devices.known(email), now=clock.now()
    )
    # A session that somebody planted before signing in is worth nothing afterwards.
    session.clear()
    login_user(SignedIn(opened, key, queries.memberships(opened.person)))
    session.permanent = True
    answer = go(local_path(form.next.data) or "/")
    devices.remember(answer, opened)
    return answer


@bp.post("/sign-out")
@access.signed_in
def sign_out(user: SignedIn) -> ResponseReturnValue:
    actions.sign_out(user.sign_in, now=clock.now())
    logout_user()
    session.clear()
    return go(url_for("accounts.sign_in"))


@bp.get("/")
@access.signed_in
def front(user: SignedIn) -> ResponseReturnValue:
    """To the workspace used last in this browser, else the first."""
    places = user.places
    if not places:
        return render_template("accounts/no_workspace.html")
    last = session.get("workspace")
    slug = next((one.workspace.slug for one in places if one.workspace.slug == last), places[0].workspace.slug)
    return go(url_for("home.overview", slug=slug))


@bp.errorhandler(actions.WrongPassword)
def wrong_password(error: actions.WrongPassword) -> ResponseReturnValue:
    return _again(gettext("E-mail and password do not match. Check both and try again."))


@bp.errorhandler(actions.Locked)
def locked(error: actions.Locked) -> ResponseReturnValue:
    minutes = ceil(error.wait.total_seconds() / 60)
    return _again(
        ngettext(
            "Too many tries. Wait %(num)d minute and try again.",
            "Too many tries. Wait %(num)d minutes and try again.",
            minutes,
        )
    )


def _again(problem: str) -> ResponseReturnValue:
    return render_template("accounts/sign_in.html", form=SignInForm(), problem=problem), 422
