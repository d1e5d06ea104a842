"""The list of a workspace's accounts: what it is about in one question, and a page of it in another."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Result, and_, case, extract, func, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from webapp.accounts.models import SignIn, Workspace
from webapp.channels.expiry import WARN_AHEAD
from webapp.channels.models import Authorization, Channel, Grant, Quiet
from webapp.channels.rules import STALE_AFTER
from webapp.channels.status import Status
from webapp.core import db

PER_PAGE = 50

# Broken ones first, disconnected ones last.
URGENCY = case((Channel.status == Status.LOST, 0), (Channel.status == Status.ATTENTION, 1), else_=2)
_IS_HELD = Channel.status != Status.DISCONNECTED


@dataclass(frozen=True, slots=True)
class Needs:
    """How many accounts are lost, and how many need attention."""

    lost: int
    attention: int


@dataclass(frozen=True, slots=True)
class Listed:
    """`version` is a short name for what the list shows: the same name means there is nothing new. `counts` says how
    many channels there are of each (platform, status). The others are about the connected ones: when the last was
    checked and when the next will be, and how many have gone without a verdict for too long.
    """

    version: str
    counts: Mapping[tuple[str, str], int]
    last_check_at: datetime | None
    next_check_at: datetime | None
    unchecked: int

    @property
    def working(self) -> int:
        return self._of(Status.CONNECTED)

    @property
    def broken(self) -> int:
        return self.needs.lost + self.needs.attention

    @property
    def needs(self) -> Needs:
        return Needs(self._of(Status.LOST), self._of(Status.ATTENTION))

    def held(self, platform: str) -> int:
        return sum(self.counts.get((platform, status), 0) for status in Status if status != Status.DISCONNECTED)

    def disconnected(self, platform: str) -> int:
        return self.counts.get((platform, Status.DISCONNECTED), 0)

    def _of(self, wanted: Status) -> int:
        return sum(count for (_, status), count in self.counts.items() if status == wanted)

    def pages(self, platform: str) -> int:
        """How many there are to leaf through; at least one."""
        return max(1, -(-max(self.held(platform), self.disconnected(platform)) // PER_PAGE))


@dataclass(frozen=True, slots=True)
class Page:
    """`quiet` holds, by their ids, those of `held` for which a notice is shown."""

    held: list[Channel]
    disconnected: list[Channel]
    quiet: dict[int, Quiet]


@dataclass(frozen=True, slots=True)
class LastLogins:
    """What the workspace's newest login showed (None where nobody logged in yet), and the id of the newest trip to
    Facebook that this browser began, 0 where it began none."""

    offers: Sequence[Mapping[str, Any]]
    missing_scopes: Sequence[str] | None
    trip_id: int


def listed(workspace: Workspace, now: datetime) -> Listed:
    """What the list is about, however long it is.

    Revisions and times of checks only ever grow, so their sums name a state. The version changes with the hour too,
    and when a state becomes too old to be trusted: nobody writes a row then.
    """
    long_ago = now - STALE_AFTER
    is_stale = or_(Channel.verdict_at.is_(None), Channel.verdict_at < long_ago)
    rows = db.session().execute(
        select(
            Channel.platform,
            Channel.status,
            func.count().label("channels"),
            func.sum(Channel.revision),
            func.sum(extract("epoch", Channel.checked_at)),
            func.sum(extract("epoch", Channel.verdict_at)),
            func.count(case((is_stale, 1))),
            # What was connected just now has had no time for a verdict.
            func.count(case((and_(is_stale, Channel.authorized_at < long_ago), 1))).label("unchecked"),
            func.max(Channel.checked_at).label("last_check_at"),
            func.min(Channel.next_check_at).label("next_check_at"),
        )
        .where(Channel.workspace_id == workspace.id)
        .group_by(Channel.platform, Channel.status)
        .order_by(Channel.platform, Channel.status)
    )
    known = rows.all()
    held = [row for row in known if row.status != Status.DISCONNECTED]
    return Listed(
        version=name(known, now),
        counts={(row.platform, row.status): row.channels for row in known},
        last_check_at=max((row.last_check_at for row in held if row.last_check_at), default=None),
        next_check_at=min((row.next_check_at for row in held), default=None),
        unchecked=sum(row.unchecked for row in held),
    )


def name(shown: object, now: datetime) -> str:
    """A version's name, good for the hour."""
    return hashlib.sha256(repr((shown, f"{now:%Y-%m-%dT%H}")).encode()).hexdigest()[:16]


def page(workspace: Workspace, platform: str, number: int, now: datetime) -> Page:
    """The `number`-th PER_PAGE connected accounts, broken ones first, and as many disconnected ones, the latest first;
    with everything that a row shows.
    """
    place = func.row_number().over(
        partition_by=_IS_HELD,
        order_by=(URGENCY, case((_IS_HELD, Channel.connected_at), else_=Channel.status_since).desc(), Channel.id),
    )
    mine = and_(Channel.workspace_id == workspace.id, Channel.platform == platform)
    placed = select(Channel.id, place.label("place")).where(mine).subquery()
    rows: Result[Channel, Quiet | None] = db.session().execute(
        select(Channel, Quiet)
        .join(placed, placed.c.id == Channel.id)
        .outerjoin(Quiet, and_(Quiet.channel_id == Channel.id, Quiet.since.is_not(None)))
        .where(placed.c.place > (number - 1) * PER_PAGE, placed.c.place <= number * PER_PAGE)
        .order_by(placed.c.place)
        .options(joinedload(Channel.grant).options(defer(Grant.offers)), joinedload(Channel.connected_by))
        .execution_options(populate_existing=True)
    )
    found = rows.all()
    return Page(
        [one for one, _ in found if one.is_held],
        [one for one, _ in found if not one.is_held],
        {one.id: quiet for one, quiet in found if quiet and quiet.is_shown(one, now)},
    )


def needs(workspace: Workspace) -> Needs:
    lost, attention = (func.count(case((Channel.status == one, 1))) for one in (Status.LOST, Status.ATTENTION))
    found = db.session().execute(select(lost, attention).where(Channel.workspace_id == workspace.id)).one()
    return Needs(*found)


def telling(workspace: Workspace, now: datetime) -> list[Channel]:
    """The accounts about which there is something to say: broken ones first, then those whose login ends soon."""
    soon = now + WARN_AHEAD
    found = db.session().scalars(
        select(Channel)
        .outerjoin(Channel.grant)
        .where(
            Channel.workspace_id == workspace.id,
            _IS_HELD,
            or_(
                Channel.status != Status.CONNECTED,
                Grant.expires_at <= soon,
                Grant.data_access_expires_at <= soon,
            ),
        )
        .order_by(URGENCY, Channel.connected_at.desc(), Channel.id)
        .options(contains_eager(Channel.grant).options(defer(Grant.offers)))
    )
    return list(found)


def last_logins(workspace: Workspace, sign_in: SignIn) -> LastLogins:
    newest = select(Grant.id).where(Grant.workspace_id == workspace.id).order_by(Grant.granted_at.desc()).limit(1)
    trip = select(func.max(Authorization.id)).where(Authorization.sign_in_id == sign_in.id)
    offers, missing_scopes, trip_id = (
        db.session()
        .execute(
            select(Grant.offers, Grant.missing_scopes, trip.scalar_subquery())
            .select_from(Workspace)
            .outerjoin(Grant, Grant.id == newest.scalar_subquery())
            .where(Workspace.id == workspace.id)
        )
        .one()
    )
    return LastLogins(offers or (), missing_scopes, trip_id or 0)
