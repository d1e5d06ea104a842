"""Invitations: sent and taken back by admins, used by whoever reads the mail."""

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from flask_login import current_user
from werkzeug.exceptions import NotFound

from webapp.accounts import access, actions, queries
from webapp.accounts.forms import ROLE_NAMES, InvitationForm, JoinForm
from webapp.accounts.models import DoorLink, LinkKind, LinkState, Membership, Role
from webapp.accounts.rules import Right
from webapp.accounts.views.blueprint import bp
from webapp.accounts.views.members import page
from webapp.core import clock
from webapp.web.htmx import go


@bp.post("/w/<slug>/settings/invitations")
@access.member(Right.MANAGE_MEMBERS)
def invite(member: Membership) -> ResponseReturnValue:
    form = InvitationForm()
    if not form.validate():
        return page(member, form), 422
    email, role = form.email.data or "", Role(form.role.data)
    try:
        actions.invite(member.workspace, email, role, form.locale.data, member.person, now=clock.now())
    except actions.AlreadyMember:
        return page(member, form, gettext("%(email)s is a member already; see the list.", email=email)), 409
    except actions.TooManyInvitations:
        return page(member, form, gettext("Enough invitations are waiting. Revoke some first.")), 409
    except actions.InvitedTooOften:
        told = gettext("%(email)s had several invitations within the hour. Try again later.", email=email)
        return page(member, form, told), 409
    except actions.JustInvited:
        pass  # pressed twice: the first one is on its way
    told = gettext("The invitation is on its way to %(email)s.", email=email)
    return go(url_for("accounts.members", slug=member.workspace.slug), told)


@bp.post("/w/<slug>/settings/invitations/<int:link_id>/revocation")
@access.member(Right.MANAGE_MEMBERS)
def revoke_invitation(member: Membership, link_id: int) -> ResponseReturnValue:
    link = queries.invitation_of(member.workspace, link_id)
    if link is None:
        raise NotFound
    here = url_for("accounts.members", slug=member.workspace.slug)
    if actions.revoke_invitation(link, member.person, now=clock.now()):
        return go(here, gettext("The invitation no longer works."))
    return go(here, gettext("The invitation had already ended."), "info")


@bp.get("/invitations/<token>")
@access.public
def invitation(token: str) -> ResponseReturnValue:
    return _page(_open_link(token), token, JoinForm(locale=str(get_locale())))


@bp.post("/invitations/<token>")
@access.public
def join(token: str) -> ResponseReturnValue:
    """With an account one must have signed in; without one, a name and a password make it."""
    link, form = _open_link(token), JoinForm()
    if queries.person_by_email(link.email) is not None:
        if not _is_theirs(link):
            return redirect(url_for("accounts.sign_in", next=request.path), 303)
        workspace = actions.join(token, name="", password="", locale="", now=clock.now())
        return go(url_for("home.overview", slug=workspace.slug), _welcome(workspace.name))
    if not form.validate():
        return _page(link, token, form), 422
    name, password = form.name.data or "", form.password.data or ""
    workspace = actions.join(token, name=name, password=password, locale=form.locale.data, now=clock.now())
    session.clear()
    door = url_for("accounts.sign_in", next=url_for("home.overview", slug=workspace.slug))
    return go(door, gettext("Your account is ready. Sign in with %(email)s.", email=link.email))


@bp.errorhandler(actions.LinkClosed)
def link_closed(error: actions.LinkClosed) -> ResponseReturnValue:
    return render_template("accounts/link_closed.html"), 410


def _open_link(token: str) -> DoorLink:
    link = queries.door_link(token, LinkKind.INVITATION)
    if link is None or link.state(clock.now()) is not LinkState.OPEN:
        raise actions.LinkClosed
    return link


def _page(link: DoorLink, token: str, form: JoinForm) -> str:
    return render_template(
        "accounts/invitation.html",
        link=link,
        token=token,
        form=form,
        role_name=ROLE_NAMES[Role(link.role or Role.AGENT)],
        known=queries.person_by_email(link.email) is not None,
        theirs=_is_theirs(link),
    )


def _is_theirs(link: DoorLink) -> bool:
    return bool(current_user.is_authenticated and current_user.person.email == link.email)


def _welcome(name: str) -> str:
    return str(gettext("You are now a member of %(workspace)s.", workspace=name))
