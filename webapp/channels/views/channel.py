"""One channel: its page, check now, disconnect."""

from datetime import datetime

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.channels import actions, queries, quiet_queries, strip_queries
from webapp.channels.models import Channel
from webapp.channels.status import Status
from webapp.channels.tabs import tab_of
from webapp.channels.views.blueprint import bp, channel_or_404, meta
from webapp.channels.views.social_channels import list_context, needs_changed
from webapp.core import clock, db
from webapp.web.htmx import fragment, go, nothing_new, wants_fragment


@bp.get("/w/<slug>/channels/<int:channel_id>")
@access.member(Right.SEE_CHANNELS)
def channel(member: Membership, channel_id: int) -> ResponseReturnValue:
    """State, cause and history of one channel. The mail's button leads here."""
    found = channel_or_404(member.workspace, channel_id)
    since = queries.last_authorization_id(current_user.sign_in)
    return render_template("channels/channel.html", since=since, **_state(member, found))


@bp.get("/w/<slug>/channels/<int:channel_id>/state")
@access.member(Right.SEE_CHANNELS)
def state(member: Membership, channel_id: int) -> ResponseReturnValue:
    """All that the page shows of the channel, for polls: 204 while it shows what `seen` names."""
    found = channel_or_404(member.workspace, channel_id)
    if request.args.get("seen") == queries.version(found, clock.now()):
        return nothing_new()
    return needs_changed(make_response(render_template("channels/_state.html", **_state(member, found))))


def _state(member: Membership, found: Channel) -> dict[str, object]:
    history, now = queries.history(found), clock.now()
    return {
        "channel": found,
        "seen": queries.version(found, now),
        "quiet": quiet_queries.shown([found], now).get(found.id),
        "cells": strip_queries.strips([found], now)[found.id],
        "history": history,
        "people": {change.at: change.person.name for change in history if change.person},
        "incidents": queries.incidents(found),
        "managers": access.whom(member, Right.MANAGE_CHANNELS),
        "now": now,
    }


@bp.post("/w/<slug>/channels/<int:channel_id>/check")
@access.member(Right.MANAGE_CHANNELS)
def check(member: Membership, channel_id: int) -> ResponseReturnValue:
    """ "Check now": live calls, whatever the stored state says."""
    found = channel_or_404(member.workspace, channel_id)
    # The others of the same Facebook login fail for the same reason, and one request asks about them all.
    ids = [one.id for one in queries.channels_of_grant(found.grant)] if found.grant else [found.id]
    began = clock.now()
    actions.check_channels(ids, meta=meta(), now=began, noticed_by="check", person_id=member.person_id)
    db.session().refresh(found)
    return _list_or_channel(member, found, *_check_words(found, began))


@bp.get("/w/<slug>/channels/<int:channel_id>/disconnection")
@access.member(Right.MANAGE_CHANNELS)
def confirm_disconnection(member: Membership, channel_id: int) -> ResponseReturnValue:
    found = channel_or_404(member.workspace, channel_id)
    template = "channels/_disconnection.html" if wants_fragment() else "channels/disconnection.html"
    return render_template(template, channel=found, tab=tab_of(found.platform))


@bp.post("/w/<slug>/channels/<int:channel_id>/disconnection")
@access.member(Right.MANAGE_CHANNELS)
def disconnect(member: Membership, channel_id: int) -> ResponseReturnValue:
    found = channel_or_404(member.workspace, channel_id)
    actions.disconnect(found, member.person, meta=meta(), now=clock.now())
    words = gettext("%(account)s is disconnected. Its conversations are kept.", account=found.label)
    return go(url_for("channels.social_channels", slug=member.workspace.slug, tab=tab_of(found.platform)), words)


def _list_or_channel(member: Membership, found: Channel, words: str, kind: str) -> ResponseReturnValue:
    if wants_fragment():
        context = list_context(member, tab_of(found.platform))
        return needs_changed(fragment("channels/_accounts.html", toast=words, kind=kind, **context))
    return go(url_for("channels.channel", slug=member.workspace.slug, channel_id=found.id), words, kind)


def _check_words(found: Channel, began: datetime) -> tuple[str, str]:
    """What the check came to, as a sentence and its kind."""
    if found.verdict_at is None or found.verdict_at < began:
        return gettext("Meta did not answer properly. %(account)s keeps its state.", account=found.label), "warn"
    if found.status == Status.CONNECTED:
        return gettext("Checked just now: %(account)s works.", account=found.label), "good"
    return gettext("Checked just now: %(account)s needs you.", account=found.label), "warn"
