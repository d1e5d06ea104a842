"""The overview of a workspace."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.accounts import access
from webapp.accounts.models import Membership

bp = Blueprint("home", __name__)


@bp.get("/w/<slug>")
@access.member()
def overview(member: Membership) -> ResponseReturnValue:
    return render_template("home/overview.html")
