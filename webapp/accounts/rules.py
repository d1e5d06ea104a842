"""Who may do what: the table of roles."""

from enum import StrEnum


class Right(StrEnum):
    MANAGE_CHANNELS = "manage_channels"
    SEE_CHANNELS = "see_channels"
    ALL_CONVERSATIONS = "all_conversations"
    OWN_CONVERSATIONS = "own_conversations"
    MANAGE_MEMBERS = "manage_members"
    SEE_MEMBERS = "see_members"
    SEE_AUDIT = "see_audit"


_EVERYBODY = frozenset({Right.SEE_CHANNELS, Right.SEE_MEMBERS})
_CONVERSATIONS = frozenset({Right.ALL_CONVERSATIONS, Right.OWN_CONVERSATIONS})

RIGHTS: dict[str, frozenset[Right]] = {
    "admin": frozenset(Right),
    "supervisor": _EVERYBODY | _CONVERSATIONS | {Right.MANAGE_CHANNELS, Right.SEE_AUDIT},
    "cs_manager": _EVERYBODY | _CONVERSATIONS,
    "agent": _EVERYBODY | {Right.OWN_CONVERSATIONS},
    "marketer": _EVERYBODY,
}


def may(role: str, right: Right) -> bool:
    return right in RIGHTS.get(role, frozenset())


def roles_with(right: Right) -> list[str]:
    return [role for role, rights in RIGHTS.items() if right in rights]
