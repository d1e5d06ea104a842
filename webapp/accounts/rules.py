"""Who may do what: the table of roles. And how often a password may be tried."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network


class Right(StrEnum):
    MANAGE_CHANNELS = "manage_channels"
    SEE_CHANNELS = "see_channels"
    ALL_CONVERSATIONS = "all_conversations"
    OWN_CONVERSATIONS = "own_conversations"
    MANAGE_TAGS = "manage_tags"
    MANAGE_MEMBERS = "manage_members"
    SEE_MEMBERS = "see_members"
    SEE_AUDIT = "see_audit"
    MANAGE_WORKSPACE = "manage_workspace"


_EVERYBODY = frozenset({Right.SEE_CHANNELS, Right.SEE_MEMBERS})
_CONVERSATIONS = frozenset({Right.ALL_CONVERSATIONS, Right.OWN_CONVERSATIONS})

RIGHTS: dict[str, frozenset[Right]] = {
    "admin": frozenset(Right),
    "supervisor": _EVERYBODY | _CONVERSATIONS | {Right.MANAGE_CHANNELS, Right.MANAGE_TAGS, Right.SEE_AUDIT},
    "cs_manager": _EVERYBODY | _CONVERSATIONS | {Right.MANAGE_TAGS},
    "agent": _EVERYBODY | {Right.OWN_CONVERSATIONS},
    "marketer": _EVERYBODY,
}


def may(role: str, right: Right) -> bool:
    return right in RIGHTS.get(role, frozenset())


def roles_with(right: Right) -> list[str]:
    return [role for role, rights in RIGHTS.items() if right in rights]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` passwords in a `window`, which begins with the first of them."""

    tries: int
    window: timedelta


# From one browser or one place for one address; for one address from everywhere; from one place for all addresses.
ONE_BY_ONE = Limit(5, timedelta(minutes=5))
FOR_ONE_ADDRESS = Limit(50, timedelta(hours=1))
FROM_ONE_PLACE = Limit(100, timedelta(hours=1))


def limits(email: str, client: str | None, device: str | None) -> dict[str, Limit]:
    """What a try to sign in counts against, by key. Whether the address is known to us changes nothing.

    `device` names a browser in which this address has signed in before: strangers' guesses never lock it out.
    Source: OWASP, "Slow down online guessing attacks with device cookies".
    """
    place = _place(client)
    everywhere = {f"place {place}": FROM_ONE_PLACE}
    if device:
        return everywhere | {f"device {device} {email}": ONE_BY_ONE}
    return everywhere | {f"address {email} {place}": ONE_BY_ONE, f"address {email}": FOR_ONE_ADDRESS}


# Mails to choose a new password: to one address, and asked for from one place.
LINKS_TO_ONE_ADDRESS = Limit(3, timedelta(hours=1))
LINKS_FROM_ONE_PLACE = Limit(20, timedelta(hours=1))

# Mails to one address that a workspace can cause: invitations, and links to repair a channel.
MAILS_TO_ONE_ADDRESS = Limit(5, timedelta(hours=1))


def mail_limits(workspace_id: int, kind: str, email: str) -> dict[str, Limit]:
    return {f"{kind} of {workspace_id} to {email}": MAILS_TO_ONE_ADDRESS}


def password_link_limits(email: str, client: str | None) -> dict[str, Limit]:
    return {f"link {email}": LINKS_TO_ONE_ADDRESS, f"links from {_place(client)}": LINKS_FROM_ONE_PLACE}


def _place(client: str | None) -> str:
    """An IPv4 address, or the network of an IPv6 one: whoever has one has all of it."""
    try:
        address = ip_address(client or "")
    except ValueError:
        return "unknown"
    return str(address) if address.version == 4 else str(ip_network(f"{address}/64", strict=False))
