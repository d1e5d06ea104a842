"""The overview: one answer to "does everything work?", read from the rooms below."""

from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.models import Membership
from webapp.accounts.rules import Right, may
from webapp.channels import listing
from webapp.channels.expiry import Ending
from webapp.channels.listing import Needs
from webapp.channels.models import Channel
from webapp.channels.remedies import Together, together
from webapp.channels.status import Status
from webapp.inbox.queries import traffic


@dataclass(frozen=True, slots=True)
class EndingLogin:
    """A Facebook login that ends soon, and the accounts that live on it; `channel_id` is where to renew it."""

    ending: Ending
    user: str
    accounts: list[str]
    channel_id: int


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a new workspace is: whether an account works, and whether nobody else answers yet."""

    is_connected: bool
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview shows. `unread` is None for those who do not work with conversations, `waiting_since` also
    while nobody waits for an answer. `steps` is None once a customer has written."""

    working: int
    needs: Needs
    broken: list[Channel]
    together: list[Together]
    unchecked: int
    endings: list[EndingLogin]
    last_check_at: datetime | None
    next_check_at: datetime | None
    unread: int | None
    waiting_since: datetime | None
    steps: Steps | None
    version: str

    @property
    def total(self) -> int:
        return self.working + len(self.broken)

    @property
    def status(self) -> Status | None:
        """The worst of all accounts; None while there is none."""
        if not self.total:
            return None
        states = {one.status for one in self.broken}
        return next((worst for worst in (Status.LOST, Status.ATTENTION) if worst in states), Status.CONNECTED)


def overview(member: Membership, now: datetime) -> Overview:
    listed, channels = listing.listed(member.workspace, now), listing.telling(member.workspace, now)
    inbox = traffic(member) if may(member.role, Right.OWN_CONVERSATIONS) else None
    new, since = (inbox.unread, inbox.waiting_since) if inbox else (None, None)
    broken = [one for one in channels if one.status != Status.CONNECTED]
    steps = None if inbox is None or inbox.has_any else Steps(listed.working > 0, inbox.answering < 2)
    return Overview(
        working=listed.working,
        needs=listed.needs,
        broken=broken,
        together=together(broken),
        unchecked=listed.unchecked,
        endings=_endings(channels, now),
        last_check_at=listed.last_check_at,
        # A check that is due any moment, or under way, is not "5 minutes ago".
        next_check_at=max(listed.next_check_at, now) if listed.next_check_at else None,
        unread=new,
        waiting_since=since,
        steps=steps,
        # It changes with the minute too: times are relative to now.
        version=listing.name((listed.version, new, since, steps, now.minute), now),
    )


def _endings(channels: list[Channel], now: datetime) -> list[EndingLogin]:
    """One a login, whatever the number of its accounts."""
    found: dict[int | None, EndingLogin] = {}
    for one in channels:
        if (ending := one.ending(now)) is not None and one.grant is not None:
            login = EndingLogin(ending, one.grant.facebook_user_name, [], one.id)
            found.setdefault(one.grant_id, login).accounts.append(one.label)
    return list(found.values())
