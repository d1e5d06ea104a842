"""What the frame around every page needs: menu, workspaces, languages."""

from collections.abc import Sequence
from typing import Any

from flask import Flask, g, request, session, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user

from config import Config
from webapp.accounts.models import Membership, Person
from webapp.accounts.rules import Right, may
from webapp.channels.listing import needs
from webapp.scheduler.queries import trouble
from webapp.web.i18n import LOCALES


def init_app(app: Flask, config: Config) -> None:
    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            "brand_name": config.brand_name,
            "sandboxed": config.sandboxed,
            "locale": str(get_locale()),
            "locales": [
                {"code": code, "label": label, "current": code == str(get_locale())} for code, label in LOCALES.items()
            ],
            "locale_url": url_for("language.choose"),
            "home_url": "/",
            "sign_out_url": url_for("accounts.sign_out"),
            "banners": _banners(),
            "may": may,
            "Right": Right,
            # Asked for by whole pages alone, where they do not know it themselves (`needs`).
            "account_needs": needs,
            **_signed_in(),
        }


def _banners() -> list[dict[str, Any]]:
    """What concerns everybody: that Meta fails, and that nobody's account is to blame."""
    # The page of the hourly check says more about it itself.
    if not current_user.is_authenticated or request.blueprint == "scheduler" or not (reason := trouble()):
        return []
    titles = {
        "app": gettext("Facebook does not let us check accounts at the moment"),
        "alike": gettext("Facebook reports the same fault for many accounts at once"),
        "unreachable": gettext("Facebook does not answer at the moment"),
    }
    is_operator = current_user.person.is_operator
    action = {"label": gettext("Open the hourly check"), "url": url_for("scheduler.rounds")} if is_operator else None
    body = gettext(
        "Accounts keep the state they had. You need to do nothing; this goes away as soon as checks pass again."
    )
    return [{"kind": "warn", "title": titles[reason], "body": body, "action": action}]


def _signed_in() -> dict[str, Any]:
    if not current_user.is_authenticated:
        return {"person": None, "member": None, "workspace": None, "workspaces": [], "nav": []}
    places = current_user.places
    member: Membership | None = g.get("member") or _used_last(places)
    if member is not None and session.get("workspace") != member.workspace.slug:
        session["workspace"] = member.workspace.slug
    return {
        "person": current_user.person,
        "member": member,
        "workspace": member.workspace if member else None,
        "workspaces": [_place(one, member) for one in places],
        "nav": _menu(member, current_user.person) if member else [],
    }


def _used_last(places: Sequence[Membership]) -> Membership | None:
    """For pages that belong to no workspace."""
    first = places[0] if places else None
    return next((one for one in places if one.workspace.slug == session.get("workspace")), first)


def _place(one: Membership, member: Membership | None) -> dict[str, Any]:
    return {
        "name": one.workspace.name,
        "url": url_for("home.overview", slug=one.workspace.slug),
        "current": member is not None and one.workspace_id == member.workspace_id,
    }


def _menu(member: Membership, person: Person) -> list[dict[str, Any]]:
    """The left menu; what somebody may not open is not in it."""
    slug = member.workspace.slug
    rooms = [("home", gettext("Overview"), "house", url_for("home.overview", slug=slug))]
    if may(member.role, Right.OWN_CONVERSATIONS):
        rooms.append(("inbox", gettext("Conversations"), "chat-dots", url_for("inbox.conversations", slug=slug)))
    rooms.append(("channels", gettext("Channels"), "plug", url_for("channels.social_channels", slug=slug)))
    rooms.append(("accounts", gettext("Settings"), "gear", url_for("accounts.members", slug=slug)))
    if person.is_operator:
        rooms.append(("scheduler", gettext("Hourly check"), "clock-history", url_for("scheduler.rounds")))
    # One's own account belongs to no workspace: its link stands in the menu of the person.
    is_own = request.endpoint in ("accounts.account", "accounts.describe")
    children = {"channels": _channel_kinds(slug), "scheduler": _operators_pages()}
    return [
        {"label": label, "url": url, "icon": icon, "current": request.blueprint == room and not is_own}
        | ({"children": children[room]} if room in children else {})
        | {"tells_needs": room == "channels"}
        for room, label, icon, url in rooms
    ]


def _channel_kinds(slug: str) -> list[dict[str, Any]]:
    return [
        {
            "label": gettext("Social channels"),
            "url": url_for("channels.social_channels", slug=slug),
            "current": request.blueprint == "channels",
        }
    ]


def _operators_pages() -> list[dict[str, Any]]:
    return [
        {
            "label": gettext("Failed deliveries"),
            "url": url_for("deliveries.index"),
            "current": request.blueprint == "deliveries",
        }
    ]
