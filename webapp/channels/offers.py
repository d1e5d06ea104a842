"""What a grant has to offer: every account it shows, with the reason where one cannot be connected. Pure.

An offer is plain data (it is stored as JSON in the grant) and holds no token.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from webapp.channels.rules import FULL_CONTROL, NEEDED
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Findings, Page, Platform, TokenState

_DIGITS = re.compile(r"(\d+)")


class Reason(StrEnum):
    """Why an offered account cannot be connected; each has its sentence and remedy in reasons.html."""

    NOT_BUSINESS = "not_business"
    NO_INSTAGRAM = "no_instagram"
    HALF_LINKED = "half_linked"
    NOT_ADMIN = "not_admin"
    NO_PAGE_TOKEN = "no_page_token"
    NOT_SHARED = "not_shared"
    PERMISSION_DECLINED = "permission_declined"
    CONNECTED_HERE = "connected_here"
    CONNECTED_ELSEWHERE = "connected_elsewhere"
    LIMIT_REACHED = "limit_reached"
    OTHER_USER = "other_user"
    REFUSED = "refused"
    META_DOWN = "meta_down"


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of the selection. `key` is what the form sends back; `warning` does not stand in the way."""

    key: str
    platform: Platform
    external_id: str
    page_id: str
    page_name: str
    name: str
    username: str
    picture_url: str
    reason: Reason | None = None
    detail: str = ""
    warning: Cause | None = None

    @property
    def label(self) -> str:
        return f"@{self.username}" if self.username else self.name

    @property
    def is_eligible(self) -> bool:
        return self.reason is None


class Former(Protocol):
    """An account that was connected here before, as its row remembers it."""

    platform: Any
    external_id: str
    page_id: str
    page_name: str
    name: str
    username: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class Held:
    """Accounts that are connected somewhere, as (platform, external id)."""

    here: frozenset[tuple[str, str]]
    elsewhere: frozenset[tuple[str, str]]
    room_left: int


def offer(page: Page, access: GraphError | None) -> dict[str, Any]:
    """One Page of a grant as stored data. `access` is what probing its Instagram messages brought."""
    return {
        "page_id": page.id,
        "page_name": page.name,
        "picture_url": page.picture_url,
        "tasks": sorted(page.tasks),
        "has_token": page.token is not None,
        "instagram": _account(page),
        "half_linked": page.half_linked.username if page.half_linked else None,
        "refusal": _refusal(access),
    }


def closed(page: Page, refusal: GraphError) -> dict[str, Any]:
    """A Page that a business portfolio names and that does not open to this login."""
    is_unticked = refusal.meaning.kind is Kind.CREDENTIALS
    return offer(page, None) | {"closed": Reason.NO_PAGE_TOKEN if is_unticked else Reason.NOT_ADMIN}


def usable_token(page_id: str, found: Findings) -> bool:
    """Whether the token just checked is really this Page's: an answer for another Page is never stored."""
    state = found.token
    return isinstance(state, TokenState) and state.is_valid and state.type == "PAGE" and state.profile_id == page_id


def choices(
    platform: Platform, offers: Iterable[Mapping[str, Any]], missing_scopes: Iterable[str], held: Held
) -> list[Choice]:
    """Every account of the grant for one platform's list, those that can be connected first."""
    declined = [scope for scope in NEEDED[platform] if scope in set(missing_scopes)]
    rows = [_choice(platform, one, declined, held) for one in offers]
    return sorted(rows, key=lambda row: (not row.is_eligible, _by_name(row)))


def _by_name(row: Choice) -> list[tuple[int, str]]:
    """As people count: branch.9 before branch.10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(row.label.lower())]


def left_out(one: Former) -> Choice:
    """Meta lists nothing of a Page that was not ticked; what was connected here before can be named all the same."""
    return Choice(
        key=f"{one.platform}:{one.external_id}:{one.page_id}",
        platform=one.platform,
        external_id=one.external_id,
        page_id=one.page_id,
        page_name=one.page_name,
        name=one.name,
        username=one.username,
        picture_url=one.picture_url,
        reason=Reason.NOT_SHARED,
    )


def _choice(platform: Platform, one: Mapping[str, Any], declined: list[str], held: Held) -> Choice:
    account = one["instagram"] if platform == "instagram" else None
    external_id = account["id"] if account else one["page_id"]
    reason, detail = _reason(platform, one, declined, held, external_id)
    shown = account or {
        "name": one["page_name"],
        "username": (one["half_linked"] or "") if platform == "instagram" else "",
        "picture_url": one["picture_url"],
    }
    return Choice(
        key=f"{platform}:{external_id}:{one['page_id']}",
        platform=platform,
        external_id=external_id,
        page_id=one["page_id"],
        page_name=one["page_name"],
        name=shown["name"],
        username=shown["username"],
        picture_url=shown["picture_url"] or one["picture_url"],
        reason=reason,
        detail=detail,
        warning=Cause.ACCESS_OFF if platform == "instagram" and one["refusal"] == Cause.ACCESS_OFF else None,
    )


def _reason(
    platform: Platform, one: Mapping[str, Any], declined: list[str], held: Held, external_id: str
) -> tuple[Reason | None, str]:
    """The first thing that stands in the way, the one nearest to the person first."""
    if (platform, external_id) in held.here:
        return Reason.CONNECTED_HERE, ""
    if declined:
        return Reason.PERMISSION_DECLINED, "、".join(declined)
    if one.get("closed"):
        return Reason(one["closed"]), ""
    standing = _link_reason(one) if platform == "instagram" else None
    if standing is None and not FULL_CONTROL.intersection(one["tasks"]):
        standing = Reason.NOT_ADMIN
    if standing is None and (platform, external_id) in held.elsewhere:
        standing = Reason.CONNECTED_ELSEWHERE
    if standing is None and not one["has_token"]:
        standing = Reason.NO_PAGE_TOKEN
    if standing is None and held.room_left <= 0:
        standing = Reason.LIMIT_REACHED
    return standing, ""


def _link_reason(one: Mapping[str, Any]) -> Reason | None:
    if one["half_linked"] and not one["instagram"]:
        return Reason.HALF_LINKED
    if not one["instagram"]:
        return Reason.NO_INSTAGRAM
    if one["refusal"] == Cause.NOT_BUSINESS:
        return Reason.NOT_BUSINESS
    return None


def _account(page: Page) -> dict[str, str] | None:
    if page.instagram is None:
        return None
    account = page.instagram
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name,
        "picture_url": account.picture_url,
    }


def _refusal(access: GraphError | None) -> str | None:
    """Only what is about the account itself; trouble on the way says nothing about it."""
    if access is None or access.meaning.kind is not Kind.CHANNEL:
        return None
    return str(access.meaning.cause) if access.meaning.cause else None
