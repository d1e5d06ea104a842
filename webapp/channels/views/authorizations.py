"""Trips to Facebook: begin one, wait for its end, choose from what it brought."""

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.channels import actions, queries
from webapp.channels.models import Authorization, Outcome
from webapp.channels.offers import Choice
from webapp.channels.rules import platform_of
from webapp.channels.status import Status
from webapp.channels.tabs import tab_of
from webapp.channels.views.again import again
from webapp.channels.views.blueprint import bp, channel_or_404, meta
from webapp.core import clock
from webapp.web.htmx import again_soon, announce, fragment, nothing_new, wants_fragment


@bp.post("/w/<slug>/authorizations")
@access.member(Right.MANAGE_CHANNELS)
def authorize(member: Membership) -> ResponseReturnValue:
    """Begin connecting: off to the dialog. 「編輯設定」 sends `rerequest` to choose Pages again."""
    url = actions.begin(
        member.workspace,
        current_user.sign_in,
        platform=platform_of(request.values.get("platform", "")),
        rerequest=request.values.get("rerequest") == "1",
        meta=meta(),
        now=clock.now(),
    )
    return redirect(url, 303)


@bp.post("/w/<slug>/channels/<int:channel_id>/authorization")
@access.member(Right.MANAGE_CHANNELS)
def reauthorize(member: Membership, channel_id: int) -> ResponseReturnValue:
    """Begin a reauthorisation of one channel, which keeps everything it has."""
    channel = channel_or_404(member.workspace, channel_id)
    url = actions.begin(
        member.workspace,
        current_user.sign_in,
        platform=channel.platform,
        channel=channel,
        rerequest=channel.status == Status.LOST,
        meta=meta(),
        now=clock.now(),
    )
    return redirect(url, 303)


@bp.get("/w/<slug>/authorizations/watch")
@access.member(Right.MANAGE_CHANNELS)
def watch(member: Membership) -> ResponseReturnValue:
    """What a waiting page shows next: still waiting, or the end of the trip that this browser began."""
    since = request.args.get("since", 0, type=int)
    trip = queries.newest_authorization(member.workspace, current_user.sign_in, since)
    if trip is None and "glance" in request.args:
        return nothing_new()
    if trip is None or trip.outcome is None:
        return render_template(
            "channels/_watch.html",
            member=member,
            since=since,
            trip=trip,
            waiting=True,
            again=again(member, trip),
            pressed=request.args.get("pressed"),
        )
    # What the page shows beside it has changed too, and is not to wait for its own poll.
    return announce(make_response(render_template("channels/_watch.html", **_end(member, trip))), "accounts-changed")


@bp.get("/w/<slug>/authorizations/<name>")
@access.member(Right.MANAGE_CHANNELS)
def authorization(member: Membership, name: str) -> ResponseReturnValue:
    """Where the dialog's tab ends. It shows the selection itself, should nobody else be there to do so."""
    trip = trip_or_404(member, name)
    chooses = wants_fragment() and trip.outcome == Outcome.GRANTED
    template = "channels/_choices.html" if chooses else "channels/authorization.html"
    return again_soon(render_template(template, **_end(member, trip)), waiting=trip.outcome is None)


@bp.post("/w/<slug>/authorizations/<name>/channels")
@access.member(Right.MANAGE_CHANNELS)
def connect(member: Membership, name: str) -> ResponseReturnValue:
    """「串接」: connect what was ticked, and report each account."""
    trip = trip_or_404(member, name)
    keys = request.form.getlist("account")
    if trip.grant is None:
        raise NotFound
    if not keys:
        template = "channels/_choices.html" if wants_fragment() else "channels/authorization.html"
        return render_template(template, nothing_ticked=True, **_end(member, trip)), 422
    reports = actions.connect(
        member.workspace, member.person, trip.grant, platform_of(trip.platform), keys, meta=meta(), now=clock.now()
    )
    if wants_fragment():
        toast = (
            gettext("Connected. New messages arrive from now on.")
            if any(report.channel_id for report in reports)
            else None
        )
        page = fragment("channels/_reports.html", toast=toast, reports=reports, trip=trip, member=member)
        return announce(page, "accounts-changed")
    return render_template("channels/reports.html", reports=reports, trip=trip, member=member)


def _end(member: Membership, trip: Authorization) -> dict[str, object]:
    """What every form of the trip's end shows. `seen` is given by who has read what the login cut off."""
    choices: list[Choice] = []
    if trip.outcome == Outcome.GRANTED and trip.grant is not None:
        choices = actions.selection(member.workspace, trip.grant, platform_of(trip.platform))
    kept = queries.pending(trip, clock.now()) if trip.person_id == member.person_id else None
    return {
        "member": member,
        "trip": trip,
        "choices": choices,
        "room": queries.room_left(member.workspace),
        "cut_off": None if "seen" in request.values else queries.cut_off(trip, member.person),
        "pending": kept,
        "moves": actions.plan(member.workspace, kept) if kept else [],
        "since": trip.id,
        "waiting": trip.outcome is None,
        "back": url_for("channels.social_channels", slug=member.workspace.slug, tab=tab_of(trip.platform)),
    }


def trip_or_404(member: Membership, name: str) -> Authorization:
    """A trip of the workspace. Its end is for whoever may manage channels there."""
    found = queries.authorization(member.workspace, name)
    if found is None:
        raise NotFound
    return found
