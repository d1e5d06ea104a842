"""The sweep as operators see it."""

import hashlib

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp.accounts import access
from webapp.accounts.access import SignedIn
from webapp.core import clock
from webapp.scheduler import actions, queries
from webapp.scheduler.queries import Overview
from webapp.web.htmx import fragment, go, nothing_new, wants_fragment

bp = Blueprint("scheduler", __name__)


@bp.get("/scheduler")
@access.operator
def rounds(user: SignedIn) -> ResponseReturnValue:
    found = queries.overview(clock.now())
    return render_template("scheduler/rounds.html", overview=found, seen=version(found))


@bp.get("/scheduler/rounds")
@access.operator
def rounds_list(user: SignedIn) -> ResponseReturnValue:
    found = queries.overview(clock.now())
    seen = version(found)
    if request.args.get("seen") == seen:
        return nothing_new()
    return fragment("scheduler/_rounds.html", overview=found, seen=seen)


@bp.post("/scheduler/rounds")
@access.operator
def run_now(user: SignedIn) -> ResponseReturnValue:
    actions.run_now(user.person.id, clock.now())
    said = gettext("Every account is being checked.")
    if not wants_fragment():
        return go(url_for("scheduler.rounds"), said)
    found = queries.overview(clock.now())
    return fragment("scheduler/_rounds.html", toast=said, overview=found, seen=version(found))


def version(found: Overview) -> str:
    """A short name for what is shown. It changes with the minute too, because times are shown as "3 minutes ago"."""
    shown = [
        (one.id, one.finished_at, one.checked, one.lost, one.healed, one.no_verdict, one.requests)
        for one in found.rounds
    ]
    meta = (found.meta.usage, found.meta.failing_since, found.meta.declared_at, found.meta.reason, found.paused)
    whole = (shown, meta, found.channels, found.due, found.next_due_at, found.silent, f"{clock.now():%H:%M}")
    return hashlib.sha256(repr(whole).encode()).hexdigest()[:16]
