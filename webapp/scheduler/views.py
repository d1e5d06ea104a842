"""The sweep as operators see it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.access import SignedIn
from webapp.channels.models import Channel
from webapp.core import clock
from webapp.scheduler import actions, queries
from webapp.scheduler.due import next_due
from webapp.scheduler.queries import Overview
from webapp.web.htmx import fragment, go, nothing_new, wants_fragment

bp = Blueprint("scheduler", __name__)


@bp.get("/scheduler")
@access.operator
def rounds(user: SignedIn) -> ResponseReturnValue:
    return render_template("scheduler/rounds.html", **_context())


@bp.get("/scheduler/rounds")
@access.operator
def rounds_list(user: SignedIn) -> ResponseReturnValue:
    context = _context()
    if request.args.get("seen") == context["seen"]:
        return nothing_new()
    return fragment("scheduler/_rounds.html", **context)


@bp.post("/scheduler/rounds")
@access.operator
def run_now(user: SignedIn) -> ResponseReturnValue:
    actions.run_now(user.person.id, clock.now())
    said = gettext("Every account is being checked.")
    if not wants_fragment():
        return go(url_for("scheduler.rounds"), said)
    return fragment("scheduler/_rounds.html", toast=said, **_context())


@bp.post("/scheduler/channels/<int:channel_id>/check")
@access.operator
def check_one(user: SignedIn, channel_id: int) -> ResponseReturnValue:
    """ "Run now" for one channel, of any workspace: the sweep takes it first."""
    found = actions.check_one(channel_id, clock.now())
    if found is None:
        raise NotFound
    said = gettext("%(account)s is being checked.", account=found.label)
    if not wants_fragment():
        return go(url_for("scheduler.rounds", q=wanted() or None), said)
    return fragment("scheduler/_rounds.html", toast=said, **_context())


def wanted() -> str:
    """The name that somebody looks for."""
    return request.values.get("q", "")[:100]


def _context() -> dict[str, Any]:
    found, due = queries.overview(clock.now()), next_due(wanted())
    return {"overview": found, "due": due, "q": wanted(), "seen": version(found, due)}


def version(found: Overview, due: Sequence[Channel] = ()) -> str:
    """A short name for what is shown. It changes with the minute too, because times are shown as "3 minutes ago"."""
    shown = [
        (one.id, one.finished_at, one.checked, one.lost, one.healed, one.no_verdict, one.requests)
        for one in found.rounds
    ]
    meta = (found.meta.usage, found.meta.failing_since, found.meta.declared_at, found.meta.reason, found.paused)
    accounts = [(one.id, one.status, one.next_check_at, one.checked_at) for one in due]
    mails = (found.mails.waiting, found.mails.problem, found.mails.given_up)
    counts = (found.channels, found.due, found.next_due_at, found.silent)
    whole = (shown, accounts, meta, mails, counts, f"{clock.now():%H:%M}")
    return hashlib.sha256(repr(whole).encode()).hexdigest()[:16]
