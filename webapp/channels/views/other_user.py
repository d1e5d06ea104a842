"""Ways out of the same-user rule: move every channel to the other Facebook user, start again, or leave it."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.channels import actions, queries
from webapp.channels.models import Authorization, PendingGrant
from webapp.channels.tabs import tab_of
from webapp.channels.views.authorizations import trip_or_404
from webapp.channels.views.blueprint import bp, meta
from webapp.core import clock
from webapp.web.htmx import go


@bp.get("/w/<slug>/authorizations/<name>/move")
@access.member(Right.MANAGE_CHANNELS)
def confirm_move(member: Membership, name: str) -> ResponseReturnValue:
    trip, pending = _own_trip(member, name)
    moves = actions.plan(member.workspace, pending)
    return render_template("channels/move.html", member=member, trip=trip, pending=pending, moves=moves)


@bp.post("/w/<slug>/authorizations/<name>/move")
@access.member(Right.MANAGE_CHANNELS)
def move(member: Membership, name: str) -> ResponseReturnValue:
    """Every channel to the other user, or none."""
    trip, pending = _own_trip(member, name)
    count = actions.move(trip, member.person, meta=meta(), now=clock.now())
    words = ngettext(
        "%(num)d account now works with the Facebook login of %(user)s.",
        "%(num)d accounts now work with the Facebook login of %(user)s.",
        count,
        user=pending.facebook_user_name,
    )
    return go(_end_of(member, trip), words)


@bp.get("/w/<slug>/authorizations/<name>/new-start")
@access.member(Right.MANAGE_CHANNELS)
def confirm_new_start(member: Membership, name: str) -> ResponseReturnValue:
    trip, pending = _own_trip(member, name)
    moves = actions.plan(member.workspace, pending)
    return render_template("channels/new_start.html", member=member, trip=trip, pending=pending, moves=moves)


@bp.post("/w/<slug>/authorizations/<name>/new-start")
@access.member(Right.MANAGE_CHANNELS)
def new_start(member: Membership, name: str) -> ResponseReturnValue:
    """Disconnect both platforms' channels, then choose from what the other user granted."""
    trip, _ = _own_trip(member, name)
    actions.start_again(trip, member.person, meta=meta(), now=clock.now())
    words = gettext("Everything is disconnected and its conversations are kept. Now tick the accounts to connect.")
    return go(_end_of(member, trip), words)


@bp.post("/w/<slug>/authorizations/<name>/dismissal")
@access.member(Right.MANAGE_CHANNELS)
def dismiss(member: Membership, name: str) -> ResponseReturnValue:
    """Leave everything as it is, and forget the other user's login."""
    trip, _ = _own_trip(member, name)
    actions.dismiss(trip)
    back = url_for("channels.social_channels", slug=member.workspace.slug, tab=tab_of(trip.platform))
    return go(back, gettext("Nothing was changed."), "info")


@bp.errorhandler(actions.PendingGone)
def pending_gone(error: actions.PendingGone) -> ResponseReturnValue:
    return (
        render_template(
            "channels/callback_refused.html",
            title=gettext("This Facebook login is no longer kept"),
            text=gettext(
                "It was used or put aside, or 15 minutes have passed. Nothing was changed now. "
                "Go back to Social channels and press connect again."
            ),
        ),
        410,
    )


@bp.errorhandler(actions.MoveRefused)
def move_refused(error: actions.MoveRefused) -> ResponseReturnValue:
    return render_template("channels/move_refused.html", error=error), 409


def _own_trip(member: Membership, name: str) -> tuple[Authorization, PendingGrant]:
    """Another user's login is at the disposal of the member who went through the dialog, of nobody else."""
    trip = trip_or_404(member, name)
    if trip.person_id != member.person_id:
        raise NotFound
    pending = queries.pending(trip, clock.now())
    if pending is None:
        raise actions.PendingGone
    return trip, pending


def _end_of(member: Membership, trip: Authorization) -> str:
    return url_for("channels.authorization", slug=member.workspace.slug, name=trip.name)
