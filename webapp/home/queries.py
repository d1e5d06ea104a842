"""The overview: one answer to "does everything work?", read from the rooms below."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.models import Membership
from webapp.accounts.rules import Right, may
from webapp.channels.expiry import Ending
from webapp.channels.models import Channel
from webapp.channels.queries import held
from webapp.channels.rules import STALE_AFTER
from webapp.channels.status import Status
from webapp.inbox.queries import unread


@dataclass(frozen=True, slots=True)
class EndingLogin:
    """A Facebook login that ends soon, and the accounts that live on it; `channel_id` is where to renew it."""

    ending: Ending
    user: str
    accounts: list[str]
    channel_id: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview shows. `unread` is None for those who do not work with conversations."""

    working: int
    broken: list[Channel]
    unchecked: list[Channel]
    endings: list[EndingLogin]
    last_check_at: datetime | None
    next_check_at: datetime | None
    unread: int | None
    version: str

    @property
    def total(self) -> int:
        return self.working + len(self.broken)


def overview(member: Membership, now: datetime) -> Overview:
    channels = held(member.workspace)
    waiting = unread(member) if may(member.role, Right.OWN_CONVERSATIONS) else None
    next_check_at = min((one.next_check_at for one in channels), default=None)
    return Overview(
        working=sum(one.status == Status.CONNECTED for one in channels),
        broken=[one for one in channels if one.status != Status.CONNECTED],
        # What was connected just now has had no time for a verdict.
        unchecked=[one for one in channels if one.is_stale(now) and now - one.authorized_at > STALE_AFTER],
        endings=_endings(channels, now),
        last_check_at=max((one.checked_at for one in channels if one.checked_at), default=None),
        # A check that is due any moment, or under way, is not "5 minutes ago".
        next_check_at=max(next_check_at, now) if next_check_at else None,
        unread=waiting,
        version=_version(channels, waiting, now),
    )


def _endings(channels: list[Channel], now: datetime) -> list[EndingLogin]:
    """One a login, whatever the number of its accounts."""
    found: dict[int | None, EndingLogin] = {}
    for one in channels:
        if (ending := one.ending(now)) is not None and one.grant is not None:
            login = EndingLogin(ending, one.grant.facebook_user_name, [], one.id)
            found.setdefault(one.grant_id, login).accounts.append(one.label)
    return list(found.values())


def _version(channels: list[Channel], waiting: int | None, now: datetime) -> str:
    """A short name for what is shown; it changes with the minute too: times are relative to now."""
    shown = [(one.id, one.revision, one.status, one.checked_at, one.next_check_at) for one in channels]
    return hashlib.sha256(repr((shown, waiting, f"{now:%H:%M}")).encode()).hexdigest()[:16]
