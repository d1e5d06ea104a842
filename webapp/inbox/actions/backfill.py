"""Closing gaps: messages that did not reach us are fetched from Meta's inbox, page by page.

A row says what is to be fetched; a portion is booked, asked for with nothing open, and recorded. Whoever dies
in between leaves a lease that ends, and what was stored already is known by its id.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.accounts.models import Person
from webapp.channels.models import Channel, Incident
from webapp.channels.models.incident import DOUBT
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret, opened
from webapp.inbox.actions import gaps
from webapp.inbox.models import Backfill, Reason
from webapp.inbox.rules import LEASE, PORTION_PAUSES, gap_begins, next_portion, problem_of
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import Meta, Platform, RemotePage

# Conversations a page; halved where Meta finds the answer too large.
PAGE_SIZE = 10
# A recovery older than this is no gap to be closed any more: nothing of it could be answered.
RECENT = timedelta(days=7)
# One more than a Meta that is busy is given.
MOST_TRIES = len(PORTION_PAUSES) + 1
# While the channel is broken there is nothing to ask.
WAIT_FOR_REPAIR = timedelta(minutes=2)


class NotConnected(Exception):
    """The channel cannot be asked now."""


@dataclass(frozen=True, slots=True)
class _Job:
    platform: Platform
    page_id: str
    token: Secret
    after: str
    page_size: int
    tries: int


def book_repairs(now: datetime) -> list[int]:
    """A backfill for every channel that works again after an incident; however often and wherever this runs, one each.

    Also when it was mended the old way, by disconnecting and connecting again.
    """
    gone = db.session().execute(
        select(Incident.id, Incident.channel_id, Incident.opened_at, Channel.connected_at)
        .join(Channel, Channel.id == Incident.channel_id)
        .outerjoin(Backfill, Backfill.incident_id == Incident.id)
        .where(Incident.closed_at >= now - RECENT, Incident.closed_by != DOUBT)
        .where(Backfill.id.is_(None), Channel.status == Status.CONNECTED)
        .order_by(Incident.id)
        .limit(100)
    )
    found = gone.all()
    db.leave()
    booked = []
    for incident_id, channel_id, opened_at, connected_at in found:
        since = gap_begins(opened_at, connected_at)
        try:
            with db.transaction() as session:
                booked.append(_book(session, channel_id, Reason.REPAIR, now, since=since, incident_id=incident_id).id)
        except IntegrityError:
            continue  # another process was faster
    return booked


def ask_history(channel: Channel, person: Person, *, now: datetime) -> Backfill:
    """Fetch everything that Meta still gives of a channel; while that is under way, asking again changes nothing."""
    with db.transaction() as session:
        held = session.get_one(Channel, channel.id, with_for_update={"key_share": True}, populate_existing=True)
        if held.status != Status.CONNECTED:
            raise NotConnected
        under_way = session.scalar(
            select(Backfill).where(
                Backfill.channel_id == held.id, Backfill.reason == Reason.HISTORY, Backfill.ended_at.is_(None)
            )
        )
        return under_way or _book(session, held.id, Reason.HISTORY, now, person_id=person.id)


def fetch_newest(channel_id: int, *, meta: Meta, now: datetime) -> int:
    """Fetch what is missing of the conversations that moved last (10 of them, 20 messages each), here and now.

    Returns how many messages came that we did not have. Only messages since the account was connected are taken.
    Raises GraphError as Meta refuses, NotConnected where there is no usable token. For a person who waits.
    """
    channel = db.session().get_one(Channel, channel_id)
    with db.transaction() as session:
        row = _book(session, channel_id, Reason.LOOK, now, since=channel.connected_at)
        row.due_at = now + LEASE
    job = _job(row)
    if job is None:
        _end(row.id, now, {"kind": "lost"})
        raise NotConnected
    try:
        page = _ask(job, meta)
    except GraphError as error:
        _end(row.id, now, problem_of(error))
        raise
    fetched = _store(row.id, page, now)
    _end(row.id, now)
    return fetched


def fetch_page(backfill_id: int, *, meta: Meta, now: datetime) -> bool:
    """Fetch one page of a backfill, if it is due and nobody else does. True when another one is due at once."""
    if not _take(backfill_id, now):
        return False
    row = db.session().get_one(Backfill, backfill_id, populate_existing=True)
    if row.tries > MOST_TRIES:
        # Whoever worked on it fell each time before writing down how it went.
        _end(backfill_id, now, {"kind": "stuck"})
        return False
    job = _job(row)
    if job is None:
        _put_off(backfill_id, now)
        return False
    try:
        page = _ask(job, meta)
    except GraphError as error:
        _record_refusal(backfill_id, error, now)
        return False
    _store(backfill_id, page, now)
    return _record(backfill_id, page, now)


def due(now: datetime) -> list[int]:
    """Backfills that wait for their next portion: their bell was lost, or who worked on them died."""
    return list(db.session().scalars(select(Backfill.id).where(Backfill.due_at <= now).order_by(Backfill.id).limit(50)))


def _book(
    session: Session,
    channel_id: int,
    reason: Reason,
    now: datetime,
    *,
    since: datetime | None = None,
    incident_id: int | None = None,
    person_id: int | None = None,
) -> Backfill:
    row = Backfill(
        channel_id=channel_id,
        incident_id=incident_id,
        person_id=person_id,
        reason=reason,
        since=since,
        asked_at=now,
        due_at=now,
        page_size=PAGE_SIZE,
    )
    session.add(row)
    session.flush()
    if reason is not Reason.LOOK:
        db.ring_after_commit("inbox.backfill", row.id)
    return row


def _take(backfill_id: int, now: datetime) -> bool:
    with db.transaction() as session:
        taken = session.scalar(
            update(Backfill)
            .where(Backfill.id == backfill_id, Backfill.due_at <= now)
            .values(due_at=now + LEASE, tries=Backfill.tries + 1)
            .returning(Backfill.id)
            .execution_options(synchronize_session=False)
        )
    return taken is not None


def _job(row: Backfill) -> _Job | None:
    """What to ask; None while the channel has nothing to ask with."""
    channel = db.session().get_one(Channel, row.channel_id, populate_existing=True)
    token = opened(channel.page_token)
    job = None
    if token is not None and channel.status in (Status.CONNECTED, Status.ATTENTION):
        platform = cast(Platform, channel.platform)
        job = _Job(platform, channel.page_id, token, row.after, row.page_size, row.tries)
    db.leave()
    return job


def _ask(job: _Job, meta: Meta) -> RemotePage:
    return meta.conversations(job.platform, job.page_id, job.token, after=job.after or None, limit=job.page_size)


def _store(backfill_id: int, page: RemotePage, now: datetime) -> int:
    """A transaction for each conversation: nobody else waits long for the channel."""
    fetched = 0
    for conversation in page.conversations:
        with db.transaction() as session:
            row = session.get_one(Backfill, backfill_id, populate_existing=True)
            channel = session.get_one(
                Channel, row.channel_id, with_for_update={"key_share": True}, populate_existing=True
            )
            if channel.is_held:
                fetched += gaps.store(session, channel, row, conversation, now=now)
    return fetched


def _record(backfill_id: int, page: RemotePage, now: datetime) -> bool:
    with db.transaction() as session:
        row = session.get_one(Backfill, backfill_id, with_for_update=True, populate_existing=True)
        row.conversations += len(page.conversations)
        row.tries, row.after = 0, page.after or ""
        if page.after is None or _is_beyond(page, row.since):
            row.ends(now)
        else:
            row.due_at = now
        return row.is_under_way


def _is_beyond(page: RemotePage, since: datetime | None) -> bool:
    """Latest activity comes first: once a conversation moved last before the gap, all further ones did."""
    moments = [one.updated_at for one in page.conversations if one.updated_at is not None]
    return since is not None and bool(moments) and min(moments) < since


def _record_refusal(backfill_id: int, error: GraphError, now: datetime) -> None:
    with db.transaction() as session:
        row = session.get_one(Backfill, backfill_id, with_for_update=True, populate_existing=True)
        if error.code == 1 and row.page_size > 1:
            row.page_size //= 2  # "reduce the amount of data you're asking for"
        when = next_portion(row.tries, error.retry_after, now)
        if error.meaning.kind is Kind.TRANSIENT and when is not None:
            row.due_at = when
        elif error.meaning.kind in (Kind.CREDENTIALS, Kind.PERMISSION, Kind.CHANNEL, Kind.ROUTING):
            _wait_or_end(row, now, problem_of(error))
        else:
            row.ends(now, problem_of(error))


def _put_off(backfill_id: int, now: datetime) -> None:
    with db.transaction() as session:
        row = session.get_one(Backfill, backfill_id, with_for_update=True, populate_existing=True)
        _wait_or_end(row, now, {"kind": "lost"})


def _wait_or_end(row: Backfill, now: datetime, problem: dict[str, object]) -> None:
    """A gap waits for the next repair; a person who asked is told."""
    if row.reason == Reason.REPAIR and now < row.asked_at + RECENT:
        row.tries, row.due_at = 0, now + WAIT_FOR_REPAIR
    else:
        row.ends(now, problem)


def _end(backfill_id: int, now: datetime, problem: dict[str, object] | None = None) -> None:
    with db.transaction() as session:
        session.get_one(Backfill, backfill_id, with_for_update=True, populate_existing=True).ends(now, problem)
