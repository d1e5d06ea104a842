"""The workspace's own profile and plan."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import access, actions
from webapp.accounts.forms import WorkspaceForm
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.accounts.views.blueprint import bp
from webapp.core import clock
from webapp.web.htmx import go


@bp.get("/w/<slug>/settings/workspace")
@access.member(Right.MANAGE_WORKSPACE)
def workspace(member: Membership) -> ResponseReturnValue:
    return render_template("accounts/workspace.html", form=WorkspaceForm(obj=member.workspace), now=clock.now())


@bp.post("/w/<slug>/settings/workspace")
@access.member(Right.MANAGE_WORKSPACE)
def rename(member: Membership) -> ResponseReturnValue:
    form = WorkspaceForm()
    if not form.validate():
        return render_template("accounts/workspace.html", form=form, now=clock.now()), 422
    actions.rename(member.workspace, form.name.data or "", member.person, now=clock.now())
    return go(url_for("accounts.workspace", slug=member.workspace.slug), gettext("Saved."))
