"""Earlier conversations: the offer to fetch them from Meta, the progress, the result."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.channels.models import Channel
from webapp.channels.views.blueprint import channel_or_404
from webapp.core import clock
from webapp.inbox import actions, backfills
from webapp.inbox.views.blueprint import bp
from webapp.web.htmx import go, nothing_new, wants_fragment


@bp.get("/w/<slug>/channels/<int:channel_id>/earlier-conversations")
@access.member(Right.MANAGE_CHANNELS)
def earlier(member: Membership, channel_id: int) -> ResponseReturnValue:
    """The page; and for polls the part that changes, 204 while it is as `seen` names it."""
    channel = channel_or_404(member.workspace, channel_id)
    if not wants_fragment():
        return render_template("inbox/earlier.html", **_context(channel))
    context = _context(channel)
    if request.args.get("seen") == context["seen"]:
        return nothing_new()
    return render_template("inbox/_earlier.html", **context)


@bp.post("/w/<slug>/channels/<int:channel_id>/earlier-conversations")
@access.member(Right.MANAGE_CHANNELS)
def fetch_earlier(member: Membership, channel_id: int) -> ResponseReturnValue:
    channel = channel_or_404(member.workspace, channel_id)
    actions.ask_history(channel, member.person, now=clock.now())
    return _here(channel)


@bp.errorhandler(actions.NotConnected)
def not_connected(error: actions.NotConnected) -> ResponseReturnValue:
    """It broke between the page and the press: the page says what to do first."""
    arguments = request.view_args or {}
    words = gettext("The account is not connected right now. Repair it first.")
    return go(url_for("inbox.earlier", **arguments), words, "warn")


def _here(channel: Channel) -> ResponseReturnValue:
    if wants_fragment():
        return render_template("inbox/_earlier.html", **_context(channel))
    return go(url_for("inbox.earlier", slug=channel.workspace.slug, channel_id=channel.id))


def _context(channel: Channel) -> dict[str, Any]:
    run = backfills.newest_history(channel)
    fetched, threads = backfills.brought(run) if run else (0, 0)
    return {
        "channel": channel,
        "run": run,
        "fetched": fetched,
        "threads": threads,
        "seen": f"{channel.status}-{run.id}-{run.conversations}-{run.ended_at is not None}" if run else channel.status,
    }
