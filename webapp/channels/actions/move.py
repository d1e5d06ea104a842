"""Ways out of the same-user rule: carry every channel over to another Facebook user, or start again with that user.

The other user's login waits as a pending grant. Until it is used here it opens nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.actions import note
from webapp.accounts.models import Person, Workspace
from webapp.channels import queries
from webapp.channels.actions.adopt import adopt
from webapp.channels.actions.disconnect import disconnect
from webapp.channels.actions.prepare import Ready, Refusal, prepare
from webapp.channels.actions.refresh import subject_of
from webapp.channels.actions.subscription import affirm
from webapp.channels.coverage import Cover, cover
from webapp.channels.models import Authorization, Channel, Facts, Outcome, PendingGrant
from webapp.channels.models.pending import KEPT
from webapp.channels.offers import Reason
from webapp.channels.rules import CHECK_EVERY, Subject
from webapp.channels.status import Status
from webapp.core import db
from webapp.meta.gateway import Meta


class PendingGone(Exception):
    """The other user's login is no longer kept: used, dismissed, or too old."""


class MoveRefused(Exception):
    """Nothing was moved, because one channel cannot be. `label` is what people call it."""

    def __init__(self, label: str, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.label = label
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Move:
    """One channel of the workspace, and what the other user has for it."""

    channel: Channel
    cover: Cover


def plan(workspace: Workspace, pending: PendingGrant) -> list[Move]:
    """Every held channel of the workspace, as the other user's login covers it."""
    return [
        Move(channel, cover(subject_of(channel), pending.offers, pending.missing_scopes))
        for channel in sorted(queries.held(workspace), key=lambda one: (one.platform, one.label))
    ]


def move(trip: Authorization, person: Person, *, meta: Meta, now: datetime) -> int:
    """Carry all channels over at once, or none: tokens are fetched and checked first, then one transaction.

    Returns how many. PendingGone, MoveRefused.
    """
    pending = _pending(trip, now)
    moves = plan(trip.workspace, pending)
    for one in moves:
        if one.cover.reason is not None:
            raise MoveRefused(one.channel.label, one.cover.reason, one.cover.detail)
    db.leave()
    ready = _prepared(moves, pending.facts, meta)
    with db.transaction() as session:
        facts = _claim(session, pending, now)
        _hand_over(session, trip, facts, ready, person, now)
    affirm([(one.page.id, one.token) for one in ready.values()], meta=meta)
    return len(ready)


def start_again(trip: Authorization, person: Person, *, meta: Meta, now: datetime) -> None:
    """Disconnect every channel of both platforms, then take the other user's login as the workspace's grant."""
    pending = _pending(trip, now)
    for channel in queries.held(trip.workspace):
        disconnect(channel, person, meta=meta, now=now)
    with db.transaction() as session:
        facts = _claim(session, pending, now)
        for channel in queries.held(trip.workspace):
            # Connected by a colleague a moment ago, with the login that we are about to leave.
            raise MoveRefused(channel.label, Reason.OTHER_USER)
        _end_well(session, trip, facts, now)
        note(session, trip.workspace, person, "started_again", facts.facebook_user_name, now=now)


def dismiss(trip: Authorization) -> None:
    """Forget the other user's login."""
    with db.transaction() as session:
        session.execute(delete(PendingGrant).where(PendingGrant.authorization_id == trip.id))


def forget_pending(*, now: datetime) -> int:
    """Forget logins that nobody decided about in time. Returns how many."""
    with db.transaction() as session:
        gone = session.execute(delete(PendingGrant).where(PendingGrant.arrived_at <= now - KEPT))
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]


def _pending(trip: Authorization, now: datetime) -> PendingGrant:
    pending = queries.pending(trip, now)
    if pending is None:
        raise PendingGone
    return pending


def _prepared(moves: list[Move], facts: Facts, meta: Meta) -> dict[int, Ready]:
    subjects = []
    for one in moves:
        now_at = subject_of(one.channel)
        subjects.append(Subject(now_at.platform, now_at.external_id, one.cover.page_id))
    ready: dict[int, Ready] = {}
    for one, answer in zip(moves, prepare(subjects, facts.user_token, meta=meta), strict=True):
        if isinstance(answer, Refusal):
            raise MoveRefused(one.channel.label, answer.reason, answer.detail)
        ready[one.channel.id] = answer
    return ready


def _claim(session: Session, pending: PendingGrant, now: datetime) -> Facts:
    """Use the pending grant up: of two decisions at once only one gets past here. Then the workspace is ours alone."""
    current = session.get(PendingGrant, pending.id, with_for_update=True, populate_existing=True)
    if current is None or current.arrived_at <= now - KEPT:
        raise PendingGone
    facts = current.facts
    trip = session.get_one(Authorization, current.authorization_id)
    session.get_one(Workspace, trip.workspace_id, with_for_update={"key_share": True}, populate_existing=True)
    session.delete(current)
    return facts


def _hand_over(
    session: Session, trip: Authorization, facts: Facts, ready: dict[int, Ready], person: Person, now: datetime
) -> None:
    grant_id = _end_well(session, trip, facts, now)
    held = session.scalars(
        select(Channel)
        .where(Channel.workspace_id == trip.workspace_id, Channel.status != Status.DISCONNECTED)
        .order_by(Channel.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for channel in held:
        one = ready.get(channel.id)
        if one is None:
            # Connected by a colleague a moment ago: nobody asked the other user's login about it.
            raise MoveRefused(channel.label, Reason.OTHER_USER)
        channel.page_id, channel.page_name = one.page.id, one.page.name
        channel.authorize(one.token, now=now)
        channel.grant_id = grant_id
        channel.doubt(None, since=now)
        channel.checked_at = channel.verdict_at = now
        channel.next_check_at = now + CHECK_EVERY
        channel.touch()
        channel.become(one.verdict, noticed_by="authorization", now=now, person_id=person.id)
    note(session, trip.workspace, person, "moved", facts.facebook_user_name, now=now)


def _end_well(session: Session, trip: Authorization, facts: Facts, now: datetime) -> int:
    """The trip ends as if the same-user rule had not stopped it. Returns the grant's id."""
    current = session.get_one(Authorization, trip.id, populate_existing=True)
    grant = adopt(session, current, facts, now)
    outcome = Outcome.REVIVED if current.channel_id and _is_held(session, current.channel_id) else Outcome.GRANTED
    current.end(outcome, grant=grant, cut_off=current.cut_off)
    return grant.id


def _is_held(session: Session, channel_id: int) -> bool:
    return session.get_one(Channel, channel_id).is_held
