"""Who is unusually quiet? Each channel is looked at when its silence would become unusual, and hardly ever before."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from webapp.channels.models import Channel, Quiet
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.db import UtcDateTime
from webapp.diagnosis import queries
from webapp.diagnosis.rules.rhythm import HISTORY, Rhythm, beginnings, learn

PORTION = 50
# A tick ends, and the next one goes on: many that are due at once are no minutes of computing without a pause.
MOST_PORTIONS = 20
# A look takes milliseconds; one that broke is repeated after this.
LEASE = timedelta(minutes=10)
# What is usual is learnt anew this often; and a channel that says nothing is looked at this often.
LEARN_EVERY = timedelta(days=1)
# While the notice stands, so that it leaves open pages soon after the first message.
SHOWN_EVERY = timedelta(minutes=2)


def listen(*, now: datetime, portions: int = MOST_PORTIONS, size: int = PORTION) -> int:
    """Look at those that have been due for longest, so many portions of that size; returns how many were looked at."""
    _introduce(now)
    looked = 0
    for _number in range(portions):
        portion = _book(now, size)
        for channel_id in portion:
            _look(channel_id, now)
        looked += len(portion)
        if not portion:
            break
    return looked


def _introduce(now: datetime) -> None:
    """A row for every connected channel that has none yet."""
    unknown = select(Channel.id).where(
        Channel.status == Status.CONNECTED, ~exists().where(Quiet.channel_id == Channel.id)
    )
    if db.session().scalar(unknown.limit(1)) is None:
        return
    insert = postgresql.insert if db.is_postgresql() else sqlite.insert
    rows = unknown.add_columns(literal(now, UtcDateTime), literal(0))
    with db.transaction() as session:
        session.execute(insert(Quiet).from_select(["channel_id", "look_at", "missed"], rows).on_conflict_do_nothing())


def _book(now: datetime, size: int) -> Sequence[int]:
    """Take those who have been due for longest; until the lease ends nobody else does."""
    if db.session().scalar(select(Quiet.channel_id).where(Quiet.look_at <= now).limit(1)) is None:
        return []
    first = (
        select(Quiet.channel_id)
        .where(Quiet.look_at <= now)
        .order_by(Quiet.look_at)
        .limit(size)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    with db.transaction() as session:
        return session.scalars(
            update(Quiet)
            .where(Quiet.channel_id.in_(select(first.c.channel_id)))
            .values(look_at=now + LEASE)
            .returning(Quiet.channel_id),
            execution_options={"synchronize_session": False},
        ).all()


def _look(channel_id: int, now: datetime) -> None:
    known = db.session().get_one(Quiet, channel_id, populate_existing=True)
    rhythm = _known(known)
    is_old = known.learnt_at is None or now - known.learnt_at >= LEARN_EVERY
    if is_old:
        rhythm = learn(beginnings(queries.written(channel_id, since=now - HISTORY)))
    with db.transaction() as session:
        channel = session.get_one(Channel, channel_id, with_for_update=True, populate_existing=True)
        quiet = session.get_one(Quiet, channel_id, with_for_update=True, populate_existing=True)
        if is_old:
            quiet.learnt_at = now
            quiet.rhythm = {"hours": [round(one, 5) for one in rhythm.hours], "limit": rhythm.limit} if rhythm else None
        if _judge(channel, quiet, rhythm, now):
            channel.touch()


def _judge(channel: Channel, quiet: Quiet, rhythm: Rhythm | None, now: datetime) -> bool:
    """Whether what a page shows has changed. Nothing is expected of a channel that was broken until just now."""
    since = max(channel.last_inbound_at or channel.status_since, channel.status_since)
    due = rhythm.due(since) if rhythm and channel.status == Status.CONNECTED else None
    quiet.look_at = min(due or now + LEARN_EVERY, now + LEARN_EVERY)
    if rhythm is None or due is None or now < due:
        return quiet.is_over()
    quiet.look_at = now + SHOWN_EVERY
    return quiet.is_unusual(since, quiet.missed if quiet.since == since else int(rhythm.expected(since, now)))


def _known(quiet: Quiet) -> Rhythm | None:
    return Rhythm(tuple(quiet.rhythm["hours"]), quiet.rhythm["limit"]) if quiet.rhythm else None
