"""The overview of a workspace."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right, may
from webapp.channels.queries import last_authorization_id
from webapp.core import clock
from webapp.home import queries
from webapp.web.htmx import announce, fragment, nothing_new

bp = Blueprint("home", __name__)


@bp.get("/w/<slug>")
@access.member()
def overview(member: Membership) -> ResponseReturnValue:
    since = last_authorization_id(current_user.sign_in)
    return render_template("home/overview.html", since=since, **_context(member))


@bp.get("/w/<slug>/summary")
@access.member()
def summary(member: Membership) -> ResponseReturnValue:
    """The part that changes, for polls: 204 while it shows what `seen` names."""
    context = _context(member)
    if request.args.get("seen") == context["overview"].version:
        return nothing_new()
    return announce(fragment("home/_summary.html", **context), "needs-changed")


def _context(member: Membership) -> dict[str, Any]:
    now = clock.now()
    found = queries.overview(member, now)
    return {
        "overview": found,
        "needs": found.needs,
        "now": now,
        # Whom to ask is said to those who may not do it themselves.
        "managers": [] if may(member.role, Right.MANAGE_CHANNELS) else access.whom(member, Right.MANAGE_CHANNELS),
    }
