"""Deliveries that could not be handled, as operators see them."""

import hashlib
import logging
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.access import SignedIn
from webapp.core import clock
from webapp.web.htmx import fragment, go, nothing_new, wants_fragment
from webapp.webhooks import content, replay
from webapp.webhooks.replay import Line, Wanted

log = logging.getLogger("webapp.webhooks")
bp = Blueprint("deliveries", __name__)

SHOWN = 50


@bp.get("/deliveries")
@access.operator
def index(user: SignedIn) -> ResponseReturnValue:
    return render_template("webhooks/deliveries.html", **_list())


@bp.get("/deliveries/list")
@access.operator
def listed(user: SignedIn) -> ResponseReturnValue:
    shown = _list()
    if request.args.get("seen") == shown["seen"]:
        return nothing_new()
    return fragment("webhooks/_deliveries.html", **shown)


@bp.post("/deliveries/attempts")
@access.operator
def try_all(user: SignedIn) -> ResponseReturnValue:
    """Whoever handles deliveries takes them at once; here nobody waits for thousands."""
    count = replay.hasten(now=clock.now())
    said = ngettext("%(num)d delivery is tried again now.", "%(num)d deliveries are tried again now.", count)
    if not wants_fragment():
        return go(url_for("deliveries.index"), said)
    return fragment("webhooks/_deliveries.html", toast=said, **_list())


@bp.get("/deliveries/<int:number>")
@access.operator
def one(user: SignedIn, number: int) -> ResponseReturnValue:
    line = _found(number)
    log.info("person %s looks into delivery %s", user.person.id, number)
    return render_template("webhooks/delivery.html", line=line, told=content.of(number))


@bp.post("/deliveries/<int:number>/attempts")
@access.operator
def try_one(user: SignedIn, number: int) -> ResponseReturnValue:
    _found(number)
    (line,) = replay.replay(Wanted([number]), now=clock.now())
    if line.handled_at is None:
        said = gettext("It failed again: %(problem)s.", problem=line.problem)
        return go(url_for("deliveries.one", number=number), said, "bad")
    return go(url_for("deliveries.index"), gettext("Delivery %(number)s is handled now.", number=number))


@bp.post("/deliveries/<int:number>/dismissal")
@access.operator
def set_aside(user: SignedIn, number: int) -> ResponseReturnValue:
    _found(number)
    replay.set_aside(number, now=clock.now())
    log.info("person %s set delivery %s aside", user.person.id, number)
    return go(url_for("deliveries.index"), gettext("Delivery %(number)s is set aside.", number=number))


def _found(number: int) -> Line:
    """One with a problem; what was handled is in its conversation and nobody's business here."""
    line = next(iter(replay.found(Wanted([number]))), None)
    if line is None or not line.problem:
        raise NotFound
    return line


def _list() -> dict[str, Any]:
    """The newest failed ones, before a number where one is given."""
    before = request.args.get("before", type=int)
    lines = replay.failed(SHOWN + 1, before)
    older = lines[SHOWN - 1].id if len(lines) > SHOWN else None
    shown = lines[:SHOWN]
    known = [(one.id, one.tries, one.problem, one.next_try_at) for one in shown]
    # Times are shown as "3 minutes ago".
    seen = hashlib.sha256(repr((known, older, f"{clock.now():%H:%M}")).encode()).hexdigest()[:16]
    return {"lines": shown, "older": older, "seen": seen, "before": before}
