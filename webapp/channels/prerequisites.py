"""What must be true before an account can be connected, and what of it is known: from the accounts that are connected
and from what the last login showed. Nothing is asked for it, and what cannot be known is never ticked. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.channels.rules import FULL_CONTROL, NEEDED
from webapp.channels.status import Status
from webapp.meta.errors import Cause
from webapp.meta.gateway import Platform

# In the order in which a person does them. The last ones of each can be read through no API.
ITEMS: dict[str, tuple[str, ...]] = {
    "instagram": ("business", "linked", "admin", "permissions", "access", "requests"),
    "messenger": ("admin", "permissions", "switched_on"),
}
_UNREADABLE = ("requests", "switched_on")
_BROKEN_BY = {
    Cause.NOT_BUSINESS: "business",
    Cause.INSTAGRAM_UNLINKED: "linked",
    Cause.ROLE_LOST: "admin",
    Cause.PERMISSION_CANCELLED: "permissions",
    Cause.PAGE_UNTICKED: "permissions",
    Cause.ACCESS_OFF: "access",
}

# Item, whether it holds, and of which account.
Sign = tuple[str, bool, str]


@dataclass(frozen=True, slots=True)
class Item:
    """`done`: True where every sign says so, False where one does not, None where there is none. `failing` names the
    accounts, or the permissions, that it is not true for."""

    name: str
    done: bool | None
    failing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A connected account, as far as this list needs it."""

    label: str
    external_id: str
    status: str
    cause: str | None


def prerequisites(
    platform: Platform,
    held: Sequence[Standing],
    offers: Iterable[Mapping[str, Any]] = (),
    missing_scopes: Sequence[str] | None = None,
) -> list[Item]:
    """`offers` and `missing_scopes` are those of the last login, None where nobody logged in yet."""
    signs = [sign for one in held for sign in _of_channel(one)]
    known = {one.external_id for one in held}
    signs += [sign for one in offers for sign in _of_offer(platform, one, known)]
    if missing_scopes is not None:
        declined = [scope for scope in NEEDED[platform] if scope in missing_scopes]
        signs += [("permissions", False, scope) for scope in declined] or [("permissions", True, "")]
    return [_item(name, signs) for name in ITEMS[platform]]


def _item(name: str, signs: Sequence[Sign]) -> Item:
    told = [(holds, whose) for item, holds, whose in signs if item == name]
    if name in _UNREADABLE or not told:
        return Item(name, None)
    failing = tuple(dict.fromkeys(whose for holds, whose in told if not holds))
    return Item(name, not failing, failing)


def _of_channel(one: Standing) -> Iterator[Sign]:
    if one.status == Status.CONNECTED:
        for name in ITEMS["instagram"]:
            yield name, True, one.label
    elif one.cause in _BROKEN_BY:
        yield _BROKEN_BY[Cause(one.cause)], False, one.label


def _of_offer(platform: Platform, one: Mapping[str, Any], known: set[str]) -> Iterator[Sign]:
    """A Page of the last login. Those that are connected speak for themselves, and newer."""
    if one.get("closed"):
        return
    account = one["instagram"] if platform == "instagram" else {"id": one["page_id"], "username": ""}
    if platform == "instagram" and account is None:
        if one["half_linked"]:
            yield "linked", False, f"@{one['half_linked']}"
        return
    if account["id"] in known:
        return
    label = f"@{account['username']}" if account["username"] else one["page_name"]
    yield "linked", True, label
    yield "admin", bool(FULL_CONTROL.intersection(one["tasks"])), label
    if one["refusal"] in (Cause.NOT_BUSINESS, Cause.ACCESS_OFF):
        yield _BROKEN_BY[Cause(one["refusal"])], False, label
