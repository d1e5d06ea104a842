"""Members of a workspace: everybody sees them, admins manage them."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from werkzeug.exceptions import NotFound

from webapp.accounts import access, actions, queries
from webapp.accounts.forms import ROLE_NAMES, InvitationForm, RoleForm
from webapp.accounts.models import Membership, Role
from webapp.accounts.rules import Right
from webapp.accounts.views.blueprint import bp
from webapp.core import clock
from webapp.web.htmx import go


@bp.get("/w/<slug>/settings/members")
@access.member(Right.SEE_MEMBERS)
def members(member: Membership) -> ResponseReturnValue:
    return page(member, InvitationForm(locale=str(get_locale()), role=Role.AGENT))


@bp.post("/w/<slug>/settings/members/<int:member_id>/role")
@access.member(Right.MANAGE_MEMBERS)
def change_role(member: Membership, member_id: int) -> ResponseReturnValue:
    form, other = RoleForm(), _other(member, member_id)
    if not form.validate():
        raise NotFound
    actions.change_role(other, Role(form.role.data), member.person, now=clock.now())
    return _back(
        member, gettext("%(name)s is now: %(role)s.", name=other.person.name, role=ROLE_NAMES[Role(form.role.data)])
    )


@bp.post("/w/<slug>/settings/members/<int:member_id>/suspension")
@access.member(Right.MANAGE_MEMBERS)
def disable(member: Membership, member_id: int) -> ResponseReturnValue:
    other = _other(member, member_id)
    actions.disable(other, member.person, now=clock.now())
    return _back(member, gettext("%(name)s can no longer open this workspace.", name=other.person.name))


@bp.post("/w/<slug>/settings/members/<int:member_id>/return")
@access.member(Right.MANAGE_MEMBERS)
def enable(member: Membership, member_id: int) -> ResponseReturnValue:
    other = _other(member, member_id)
    actions.enable(other, member.person, now=clock.now())
    return _back(member, gettext("%(name)s can open this workspace again.", name=other.person.name))


@bp.post("/w/<slug>/settings/members/<int:member_id>/sign-out")
@access.member(Right.MANAGE_MEMBERS)
def sign_out_everywhere(member: Membership, member_id: int) -> ResponseReturnValue:
    other = _other(member, member_id)
    actions.sign_out_everywhere(other, member.person, now=clock.now())
    return _back(member, gettext("%(name)s is signed out in every browser.", name=other.person.name))


@bp.errorhandler(actions.LastAdmin)
def last_admin(error: actions.LastAdmin) -> ResponseReturnValue:
    member = access.current_member()
    problem = gettext("A workspace needs an admin. Make somebody else admin first.")
    return page(member, InvitationForm(formdata=None, locale=str(get_locale()), role=Role.AGENT), problem), 409


def page(member: Membership, form: InvitationForm, problem: str = "") -> str:
    return render_template(
        "accounts/members.html",
        colleagues=queries.colleagues(member.workspace),
        invitations=queries.waiting_invitations(member.workspace, clock.now()),
        role_names=ROLE_NAMES,
        form=form,
        problem=problem,
        whom=access.whom(member, Right.MANAGE_MEMBERS),
    )


def _other(member: Membership, member_id: int) -> Membership:
    found = queries.member_of(member.workspace, member_id)
    if found is None:
        raise NotFound
    return found


def _back(member: Membership, told: str) -> ResponseReturnValue:
    return go(url_for("accounts.members", slug=member.workspace.slug), told)
