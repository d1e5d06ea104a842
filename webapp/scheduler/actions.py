"""The sweep: every held channel is checked once an hour, by whichever process takes it first."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.channels.actions import Batch, Checking, Tally
from webapp.channels.models import Channel
from webapp.channels.status import Status
from webapp.core import db
from webapp.meta.gateway import Meta
from webapp.scheduler import episodes, queries
from webapp.scheduler.models import Round
from webapp.scheduler.rules import FULL, LEASE, at_a_time, hour_name, press_name

log = logging.getLogger("webapp.scheduler")


# Batches under way at once: the next is taken and asked about while the last one is written down.
AHEAD = 2


class Checks(Protocol):
    """Opens what checks channels, records what came of it and makes them due again in an hour."""

    def __call__(self, meta: Meta, *, noticed_by: str) -> Checking: ...


@dataclass(frozen=True)
class Taken:
    """Channels that this process has taken, and the round that they are counted in. `batch` is their check."""

    round_id: int
    channel_ids: Sequence[int]
    batch: Batch


def sweep(meta: Meta, now: Callable[[], datetime], limit: int = FULL, checks: Checks = Checking) -> None:
    """Check every due channel, `limit` at a time. `now` is the clock: a sweep takes its time.

    Any number of processes may sweep at once; all of them add to the same round. Nobody does while Meta wants to be
    left alone; while it fails, each sweep tries a few channels only.
    """
    round_id, under_way = None, deque[Taken]()
    with checks(meta, noticed_by="sweep") as checking:
        while _take_more(under_way, checking, now, limit):
            round_id = under_way[0].round_id
            go_on = _conclude(under_way.popleft(), checking, now)
            if not go_on or checking.is_stopped:
                checking.stop()
                for taken in _emptied(under_way):
                    go_on = _conclude(taken, checking, now) and go_on
                checking.resume()
            if not go_on:
                return
    if not episodes.state().is_paused(now()):
        _finish(round_id, now())


def _take_more(under_way: deque[Taken], checking: Checking, now: Callable[[], datetime], limit: int) -> bool:
    """Take due channels and begin to check them; ahead of what is under way only while Meta is well.

    Returns whether anything is under way.
    """
    while len(under_way) < AHEAD:
        state = episodes.state()
        if state.is_paused(now()) or (under_way and not state.is_well):
            break
        booked = _book(now(), at_a_time(limit, state.usage, failing=state.failing_since is not None))
        if booked is None:
            break
        under_way.append(Taken(*booked, checking.begin(booked[1], now())))
    return bool(under_way)


def _conclude(taken: Taken, checking: Checking, now: Callable[[], datetime]) -> bool:
    """Wait for a batch, count it and learn from it; returns whether to go on at once."""
    tally = _finished(taken, checking, now)
    _add(taken.round_id, tally)
    return episodes.learn(tally, now(), taken.batch.at)


def _emptied(under_way: deque[Taken]) -> Iterator[Taken]:
    while under_way:
        yield under_way.popleft()


def _finished(taken: Taken, checking: Checking, now: Callable[[], datetime]) -> Tally:
    try:
        return checking.finish(taken.batch)
    except Exception:
        log.exception("checking %s channels broke, first %s", len(taken.channel_ids), taken.channel_ids[0])
    return _halves(taken.channel_ids, checking, now)


def _halves(channel_ids: Sequence[int], checking: Checking, now: Callable[[], datetime]) -> Tally:
    """Check again what broke, half by half: a broken channel keeps no other from being checked."""
    middle = len(channel_ids) // 2
    found = Tally()
    for half in (channel_ids[:middle], channel_ids[middle:]) if middle else ():
        try:
            found += checking.finish(checking.begin(half, now()))
        except Exception:
            log.exception("checking %s channels broke, first %s", len(half), half[0])
            found += _halves(half, checking, now)
    return found


def run_now(person_id: int, now: datetime) -> Round:
    """Make every held channel due at once, in a round of its own."""
    with db.transaction() as session:
        opened = _open(session, press_name(now, person_id), now)
        session.execute(
            update(Channel)
            .where(Channel.status != Status.DISCONNECTED, Channel.next_check_at > now)
            .values(next_check_at=now),
            execution_options={"synchronize_session": False},
        )
        db.ring_after_commit("scheduler.sweep", opened.id)
    return opened


def check_one(channel_id: int, now: datetime) -> Channel | None:
    """Make one held channel due at once: the next sweep takes it first. None where there is none to check."""
    with db.transaction() as session:
        channel = session.get(Channel, channel_id, with_for_update=True, populate_existing=True)
        if channel is None or not channel.is_held:
            return None
        channel.next_check_at = min(channel.next_check_at, now)
        db.ring_after_commit("scheduler.sweep", channel_id)
    return channel


def _book(now: datetime, limit: int) -> tuple[int, Sequence[int]] | None:
    """Take the channels that have been due for longest; until the lease ends nobody else does.

    Returns the round that they are counted in, and their ids.
    """
    first = (
        select(Channel.id)
        .where(Channel.status != Status.DISCONNECTED, Channel.next_check_at <= now)
        .order_by(Channel.next_check_at, Channel.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    with db.transaction() as session:
        taken = session.scalars(
            update(Channel)
            .where(Channel.id.in_(select(first.c.id)))
            .values(next_check_at=now + LEASE)
            .returning(Channel.id),
            execution_options={"synchronize_session": False},
        ).all()
        return (_current(session, now).id, sorted(taken)) if taken else None


def _add(round_id: int, tally: Tally) -> None:
    with db.transaction() as session:
        session.execute(
            update(Round)
            .where(Round.id == round_id)
            .values(
                checked=Round.checked + tally.checked,
                lost=Round.lost + tally.lost,
                healed=Round.healed + tally.healed,
                no_verdict=Round.no_verdict + tally.no_verdict,
                requests=Round.requests + tally.requests,
            ),
            execution_options={"synchronize_session": False},
        )


def _finish(round_id: int | None, now: datetime) -> None:
    """Nothing is due any more: the round is finished, unless a channel was missed.

    An hour without work has its round too, so that a sweep that stands still never looks like one without work.
    """
    if round_id is None and queries.is_finished(now):
        return
    missed = queries.missed(now)
    with db.transaction() as session:
        current = _current(session, now) if round_id is None else session.get_one(Round, round_id)
        if not missed:
            current.finished_at = now


def _current(session: Session, now: datetime) -> Round:
    """The round that work is counted in: one that is not finished, else this hour's."""
    return session.scalar(queries.unfinished(now)) or _open(session, hour_name(now), now)


def _open(session: Session, name: str, now: datetime) -> Round:
    named = select(Round).where(Round.name == name)
    found = session.scalar(named)
    if found is not None:
        return found
    opened = Round(name=name, began_at=now)
    try:
        with session.begin_nested():
            session.add(opened)
    except IntegrityError:
        return session.scalars(named).one()
    return opened
