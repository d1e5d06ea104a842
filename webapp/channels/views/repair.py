"""Repair by somebody without an account here: from their link to Facebook, and back to a page that says it is done.

These pages show the one account of the link and nothing else of the workspace.
"""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.models import LinkClosed, LinkState
from webapp.channels import actions, link_queries
from webapp.channels.models import Authorization, RepairLink
from webapp.channels.views import holder
from webapp.channels.views.blueprint import bp, meta
from webapp.core import clock
from webapp.web.htmx import again_soon


@bp.get("/repair/<token>")
@access.public
def repair(token: str) -> ResponseReturnValue:
    """What is to be done, as whom and why. Opening it uses nothing up: mail programs open links too."""
    link = link_queries.link_by_token(token)
    if link is None or link.state(clock.now()) is not LinkState.OPEN:
        return _closed(link)
    return render_template("channels/repair/repair.html", link=link, channel=link.channel, token=token, home_url="")


@bp.post("/repair/<token>/authorizations")
@access.public
def begin_repair(token: str) -> ResponseReturnValue:
    link = link_queries.link_by_token(token)
    return _closed(link) if link is None else _begin(link)


@bp.get("/repair/authorizations/<name>")
@access.public
def repair_end(name: str) -> ResponseReturnValue:
    """How the trip ended; for the browser that made it."""
    trip, link = _trip(name)
    can_retry = link.state(clock.now()) is LinkState.OPEN
    if trip.outcome == "link_closed" and not can_retry:
        return _closed(link)
    page = render_template(
        "channels/repair/end.html", trip=trip, channel=link.channel, can_retry=can_retry, home_url=""
    )
    return again_soon(page, waiting=trip.outcome is None)


@bp.post("/repair/authorizations/<name>/repetition")
@access.public
def repeat_repair(name: str) -> ResponseReturnValue:
    """Try again, from the page where a trip ended."""
    _trip_before, link = _trip(name)
    return _begin(link)


def come_back(answer: actions.Answer) -> ResponseReturnValue:
    """Facebook's answer to a holder's trip."""
    try:
        trip = actions.arrive_with_link(answer, holder.secret(), meta=meta(), now=clock.now())
    except actions.UnknownState:
        # To a page of its own: the code must not stay in an address, nor travel on from there.
        return redirect(url_for("channels.repair_refused"), 303)
    return redirect(end_url(trip), 303)


@bp.get("/repair/authorizations/refused")
@access.public
def repair_refused() -> ResponseReturnValue:
    return render_template("channels/repair/other_browser.html", home_url="")


def end_url(trip: Authorization) -> str:
    return url_for("channels.repair_end", name=trip.name)


def _begin(link: RepairLink) -> ResponseReturnValue:
    secret = holder.new_secret()
    try:
        url = actions.begin_repair(link, secret, meta=meta(), now=clock.now())
    except LinkClosed:
        return _closed(link)
    return holder.remember(redirect(url, 303), secret)


def _trip(name: str) -> tuple[Authorization, RepairLink]:
    found = link_queries.trip_of_holder(name, holder.secret())
    if found is None or found.repair_link is None:
        raise NotFound
    return found, found.repair_link


def _closed(link: RepairLink | None) -> ResponseReturnValue:
    """Why the link does not work (any more), without a word about what it was for."""
    state = link.state(clock.now()) if link else None
    return render_template("channels/repair/closed.html", state=state, home_url=""), 410 if link else 404
