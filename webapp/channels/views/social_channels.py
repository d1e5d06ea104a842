"""The page of the two tabs: what is connected, and whether it works."""

from collections.abc import Sequence
from typing import Any

from flask import make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.accounts import access
from webapp.accounts.access import SignedIn
from webapp.accounts.models import Membership, SignIn
from webapp.accounts.rules import Right, may
from webapp.channels import listing, strip_queries
from webapp.channels.drawing import small
from webapp.channels.listing import LastLogins
from webapp.channels.models import Channel
from webapp.channels.prerequisites import Item, Standing, prerequisites
from webapp.channels.remedies import together
from webapp.channels.tabs import TABS
from webapp.channels.views.blueprint import bp
from webapp.core import clock
from webapp.meta.gateway import Platform
from webapp.web.htmx import announce, nothing_new


@bp.get("/w/<slug>/social-channels")
@access.member(Right.SEE_CHANNELS)
def social_channels(member: Membership) -> ResponseReturnValue:
    return render_template("channels/social_channels.html", **page_context(member, tab()))


@bp.get("/w/<slug>/social-channels/accounts")
@access.member(Right.SEE_CHANNELS)
def accounts_list(member: Membership) -> ResponseReturnValue:
    """The list alone, for polls: 204 while it shows what `seen` names."""
    if request.args.get("seen") == listing.listed(member.workspace, clock.now()).version:
        return nothing_new()
    return needs_changed(make_response(render_template("channels/_accounts.html", **list_context(member, tab()))))


@bp.get("/w/<slug>/social-channels/needs")
@access.member(Right.SEE_CHANNELS)
def needs(member: Membership) -> ResponseReturnValue:
    """The number in the menu, for polls: 204 while it is as `seen` says."""
    found = listing.needs(member.workspace)
    if request.args.get("seen") == f"{found.lost}-{found.attention}":
        return nothing_new()
    return render_template("channels/_needs.html", needs=found)


@bp.get("/w/<slug>/social-channels/prerequisites")
@access.member(Right.SEE_CHANNELS)
def prerequisites_list(member: Membership) -> ResponseReturnValue:
    """What must be true before connecting, ticked anew after something was connected."""
    return render_template("channels/_prerequisites.html", **page_context(member, tab()))


@bp.get("/social-channels")
@bp.get("/social-channels-integration")
@bp.get("/integration.html")
@access.signed_in
def old_address(user: SignedIn) -> ResponseReturnValue:
    """Addresses of old mails and bookmarks: to the right tab of the workspace used last."""
    places = user.places
    if not places:
        return redirect("/", 303)
    last = next((one for one in places if one.workspace.slug == session.get("workspace")), places[0])
    return redirect(url_for("channels.social_channels", slug=last.workspace.slug, tab=tab()), 303)


def needs_changed(shown: Response) -> Response:
    """What is shown has changed, so the number in the menu may have too."""
    return announce(shown, "needs-changed")


def page_number() -> int:
    return max(1, request.args.get("page", 1, type=int) or 1)


def tab() -> str:
    wanted = request.args.get("tab", "")
    return wanted if wanted in TABS else "instagram"


def page_context(member: Membership, current: str, since: int | None = None) -> dict[str, Any]:
    """Everything that the page reads. `since` names the newest trip to Facebook that it already knows."""
    logins, shown = listing.last_logins(member.workspace, _sign_in()), list_context(member, current)
    return shown | {
        "prerequisites": _prerequisites(TABS[current], shown["channels"], logins),
        "since": logins.trip_id if since is None else since,
    }


def _prerequisites(platform: Platform, channels: Sequence[Channel], logins: LastLogins) -> list[Item]:
    """From the rows that the page shows, broken ones first, and the workspace's last login."""
    standings = [Standing(one.label, one.external_id, one.status, one.cause) for one in channels]
    return prerequisites(platform, standings, logins.offers, logins.missing_scopes)


def list_context(member: Membership, current: str) -> dict[str, Any]:
    workspace, platform, now = member.workspace, TABS[current], clock.now()
    listed = listing.listed(workspace, now)
    number = min(page_number(), listed.pages(platform))
    page = listing.page(workspace, platform, number, now)
    return {
        "workspace": workspace,
        "member": member,
        "tab": current,
        "platform": platform,
        "listed": listed,
        "needs": listed.needs,
        "channels": page.held,
        "disconnected": page.disconnected,
        "quiet": page.quiet,
        "together": together(page.held),
        "strips": small(strip_queries.strips(page.held, now)),
        "page": number,
        # Whom to ask is said to those who may not do it themselves.
        "managers": [] if may(member.role, Right.MANAGE_CHANNELS) else access.whom(member, Right.MANAGE_CHANNELS),
        "now": now,
    }


def _sign_in() -> SignIn:
    user: SignedIn = current_user
    return user.sign_in
