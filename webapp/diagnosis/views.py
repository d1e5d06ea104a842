"""The diagnosis page of a channel, its checks one by one, and the live test."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time, format_timedelta, gettext, ngettext
from flask_login import current_user
from werkzeug.exceptions import BadRequest, NotFound

from config import Config
from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.channels import queries as channels
from webapp.channels.models import Channel
from webapp.channels.tabs import tab_of
from webapp.core import clock
from webapp.diagnosis import actions, queries
from webapp.diagnosis.models import Diagnosis
from webapp.diagnosis.rules import compare, summarise
from webapp.diagnosis.rules.checks import CHECKS, REAUTHORISE_HELPS
from webapp.meta.gateway import Meta
from webapp.web.htmx import go, nothing_new, wants_fragment

bp = Blueprint("diagnosis", __name__)

# A diagnosis that nobody went on with for so long is shown as it was left, and not taken up again by itself.
FORGOTTEN = timedelta(minutes=10)


@bp.get("/w/<slug>/channels/<int:channel_id>/diagnosis")
@access.member(Right.MANAGE_CHANNELS)
def diagnosis(member: Membership, channel_id: int) -> ResponseReturnValue:
    """The newest diagnosis, or what one would look at."""
    channel = _channel_or_404(member, channel_id)
    return render_template(
        "diagnosis/diagnosis.html",
        since=channels.last_authorization_id(current_user.sign_in),
        **_checks(channel) | _live(channel),
    )


@bp.post("/w/<slug>/channels/<int:channel_id>/diagnosis")
@access.member(Right.MANAGE_CHANNELS)
def diagnose(member: Membership, channel_id: int) -> ResponseReturnValue:
    """Begin one. With scripts the page asks for check after check; without, all are done before it answers."""
    channel = _channel_or_404(member, channel_id)
    if not channel.is_held:
        return _connect_first(member, channel)
    begun = actions.begin(channel, member.person, now=clock.now())
    return _next(member, channel, begun, "diagnosis")


@bp.post("/w/<slug>/channels/<int:channel_id>/diagnosis/checks")
@access.member(Right.MANAGE_CHANNELS)
def next_check(member: Membership, channel_id: int) -> ResponseReturnValue:
    """Do the next check of the newest diagnosis."""
    channel = _channel_or_404(member, channel_id)
    newest = queries.latest(channel, 1)
    if not newest or not channel.is_held:
        return _connect_first(member, channel) if not channel.is_held else _page(member, channel)
    if wants_fragment():
        actions.run_next(newest[0], channel, meta=_meta(), app_id=_config().meta_app_id, now=clock.now())
    return _next(member, channel, newest[0], "diagnosis")


@bp.post("/w/<slug>/channels/<int:channel_id>/live-test")
@access.member(Right.MANAGE_CHANNELS)
def test_live(member: Membership, channel_id: int) -> ResponseReturnValue:
    """Wait for a message from now on."""
    channel = _channel_or_404(member, channel_id)
    if not channel.is_held:
        return _connect_first(member, channel)
    actions.begin_test(channel, member.person, now=clock.now())
    if not wants_fragment():
        return _page(member, channel)
    return render_template("diagnosis/_live_test.html", **_live(channel))


@bp.post("/w/<slug>/channels/<int:channel_id>/live-test/observations")
@access.member(Right.MANAGE_CHANNELS)
def observe(member: Membership, channel_id: int) -> ResponseReturnValue:
    """Look whether the message came; `ask` asks Meta at once whether it has one."""
    channel = _channel_or_404(member, channel_id)
    test = queries.live_test(channel)
    at_once = bool(request.form.get("ask"))
    is_over = test is None or actions.observe(test, channel, meta=_meta(), now=clock.now(), at_once=at_once)
    if not wants_fragment():
        return _page(member, channel)
    return render_template("diagnosis/_live_test.html", **_live(channel)) if is_over or at_once else nothing_new()


@bp.post("/w/<slug>/channels/<int:channel_id>/takeover")
@access.member(Right.MANAGE_CHANNELS)
def take_over(member: Membership, channel_id: int) -> ResponseReturnValue:
    """Take over the conversations that another app holds, and say what came of it."""
    channel = _channel_or_404(member, channel_id)
    if not channel.is_held:
        return _connect_first(member, channel)
    words, kind = _takeover_words(actions.take_over(channel, meta=_meta(), now=clock.now()))
    here = url_for("diagnosis.diagnosis", slug=member.workspace.slug, channel_id=channel.id)
    return go(here, words, kind)


@bp.post("/w/<slug>/channels/<int:channel_id>/snooze")
@access.member(Right.MANAGE_CHANNELS)
def snooze(member: Membership, channel_id: int) -> ResponseReturnValue:
    """Say nothing of this silence for a while."""
    channel = _channel_or_404(member, channel_id)
    length = request.form.get("length", "")
    if length not in actions.LENGTHS:
        raise BadRequest
    actions.snooze(channel, length, now=clock.now())
    if request.form.get("back") == "channel":
        return go(url_for("channels.channel", slug=member.workspace.slug, channel_id=channel.id))
    return go(url_for("channels.social_channels", slug=member.workspace.slug, tab=tab_of(channel.platform)))


@bp.app_template_filter("moment")
def moment(text: str | None) -> datetime | None:
    """A time as results keep it."""
    return datetime.fromisoformat(text) if text else None


@bp.app_template_filter("clock_time")
def clock_time(at: datetime) -> str:
    """The time of a day that needs no naming."""
    return str(format_time(at, "short"))


@bp.app_template_filter("pause")
def pause(seconds: float | None) -> str:
    """A length of time in words."""
    return "–" if seconds is None else str(format_timedelta(timedelta(seconds=seconds), threshold=1.2))


def _takeover_words(done: actions.Takeover) -> tuple[str, str]:
    """What came of it, as a sentence and its kind."""
    change = gettext("New conversations still begin with the other app until you change the default application.")
    if done.taken:
        words = ngettext(
            "We took over %(num)d conversation; you can answer it now.",
            "We took over %(num)d conversations; you can answer them now.",
            done.taken,
        )
        return f"{words} {change}", "warn" if done.refused or done.stopped else "good"
    if done.stopped:
        return gettext("Meta did not answer, so nothing was taken over. Try again in a few minutes."), "warn"
    if done.refused:
        return gettext(
            "Meta does not let us take over: the other app holds on to its conversations."
        ) + " " + change, "warn"
    return gettext("Nobody wrote in the last seven days, so there is nothing to take over."), "info"


def _next(member: Membership, channel: Channel, current: Diagnosis, anchor: str) -> ResponseReturnValue:
    if wants_fragment():
        return render_template("diagnosis/_checks.html", **_checks(channel))
    actions.finish_all(current, channel, meta=_meta(), app_id=_config().meta_app_id, clock=clock.now)
    return go(url_for("diagnosis.diagnosis", slug=member.workspace.slug, channel_id=channel.id, _anchor=anchor))


def _page(member: Membership, channel: Channel) -> ResponseReturnValue:
    here = url_for("diagnosis.diagnosis", slug=member.workspace.slug, channel_id=channel.id, _anchor="live-test")
    return go(here)


def _connect_first(member: Membership, channel: Channel) -> ResponseReturnValue:
    words = gettext("%(account)s is disconnected. Connect it again first.", account=channel.label)
    return go(url_for("channels.channel", slug=member.workspace.slug, channel_id=channel.id), words, "warn")


def _checks(channel: Channel) -> dict[str, Any]:
    """What the list of checks shows."""
    current, earlier = [*queries.latest(channel), None, None][:2]
    results = current.found if current else []
    is_finished = current is not None and current.finished_at is not None
    return {
        "channel": channel,
        "current": current,
        "earlier": earlier if earlier and earlier.finished_at else None,
        "results": {one.check: one for one in results},
        "checks": CHECKS[channel.platform],
        "running": current is not None and not is_finished and clock.now() - current.began_at < FORGOTTEN,
        "reauthorise_helps": REAUTHORISE_HELPS,
        "summary": summarise(results) if is_finished else None,
        "is_past": current is not None and current.is_before(channel.status_since),
        "changes": compare(results, earlier.found if earlier and earlier.finished_at else []),
    }


def _live(channel: Channel) -> dict[str, Any]:
    return {"channel": channel, "test": queries.live_test(channel)}


def _channel_or_404(member: Membership, channel_id: int) -> Channel:
    found = channels.channel(member.workspace, channel_id)
    if found is None:
        raise NotFound
    return found


def _meta() -> Meta:
    return current_app.extensions["meta"]  # type: ignore[no-any-return]


def _config() -> Config:
    return current_app.extensions["config"]  # type: ignore[no-any-return]
