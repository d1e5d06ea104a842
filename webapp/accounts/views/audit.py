"""Who did what in a workspace."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.accounts import access, queries
from webapp.accounts.forms import ROLE_NAMES
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.accounts.views.blueprint import bp


@bp.get("/w/<slug>/settings/audit")
@access.member(Right.SEE_AUDIT)
def audit(member: Membership) -> ResponseReturnValue:
    entries, older = queries.audit_entries(member.workspace, request.args.get("before", type=int))
    return render_template("accounts/audit.html", entries=entries, older=older, role_names=ROLE_NAMES)
