"""Deliveries that were stored: handled at least once, with the same result every time."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from webapp.channels.actions import check_named_soon
from webapp.channels.models import Channel, Hearing
from webapp.channels.status import Status
from webapp.core import db
from webapp.inbox import actions as inbox
from webapp.webhooks.models import Delivery
from webapp.webhooks.rules import PLATFORMS, Delivered, Entry, Unreadable, read

log = logging.getLogger("webapp.webhooks")

NO_CHANNEL = "no channel"
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)
# Deliveries in one transaction: beyond some hundreds the rows themselves are what costs. After an outage Meta brings
# large ones, and what is read of a megabyte takes ten in memory.
AT_ONCE = 250
MOST_BYTES = 2 * 1024 * 1024
# Accounts in one statement; PostgreSQL takes 65,535 parameters.
MOST_NAMED = 5_000

T = TypeVar("T")
Account = tuple[str, str]
# What can be read of a delivery, or why nothing can.
Told = Delivered | str


def handle_some(*, now: datetime, limit: int = AT_ONCE) -> bool:
    """Handle the deliveries that have waited longest, in one transaction; whether there may be more.

    If one of them breaks it, each is handled alone: it waits with its problem, and the others pass.
    """
    if not _is_any_due(now):
        return False
    taken: list[int] = []
    try:
        with db.transaction() as session:
            batch = _take(session, now, limit)
            taken = [delivery.id for delivery in batch]
            if batch:
                _handle_together(session, batch, now)
            return bool(taken)
    except Exception as error:
        if not taken:
            raise
        log.warning("%s deliveries are handled one by one: %s", len(taken), type(error).__name__)
    for delivery_id in taken:
        handle(delivery_id, now=now)
    return True


def handle(delivery_id: int, *, now: datetime) -> None:
    """Put a delivery's events into their conversations. What fails waits and is tried again; the rest is done."""
    try:
        with db.transaction() as session:
            delivery = _locked(session, delivery_id)
            if delivery is not None:
                _settle(delivery, _handle_alone(session, delivery, now), now)
    except Exception as error:
        log.exception("delivery %s not handled", delivery_id)
        with db.transaction() as session:
            delivery = _locked(session, delivery_id)
            if delivery is not None:
                _settle(delivery, [type(error).__name__], now)


def pause(tries: int) -> timedelta:
    """How long a delivery waits after it failed for the `tries`-th time."""
    return min(FIRST_PAUSE * int(4 ** min(tries - 1, 10)), LONGEST_PAUSE)


def _is_any_due(now: datetime) -> bool:
    """Asked ten times a second where nothing comes: it must take nobody's turn to write."""
    # What was read before must not hide what came meanwhile.
    db.leave()
    waiting = select(Delivery.id).where(Delivery.handled_at.is_(None), Delivery.next_try_at <= now).limit(1)
    found = db.session().scalar(waiting)
    db.leave()
    return found is not None


def _take(session: Session, now: datetime, limit: int) -> list[Delivery]:
    """Those that nobody else is handling, as many as are handled at once."""
    waiting = session.execute(
        select(Delivery.id, func.length(Delivery.body))
        .where(Delivery.handled_at.is_(None), Delivery.next_try_at <= now)
        .order_by(Delivery.next_try_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not waiting:
        return []
    sums = accumulate(size for _id, size in waiting)
    fitting = sum(whole <= MOST_BYTES for whole in sums)
    ids = [delivery_id for delivery_id, _size in waiting[: max(fitting, 1)]]
    return list(
        session.scalars(
            select(Delivery)
            .where(Delivery.id.in_(ids))
            .order_by(Delivery.next_try_at, Delivery.id)
            .execution_options(populate_existing=True)
        )
    )


def _locked(session: Session, delivery_id: int) -> Delivery | None:
    delivery = session.get(Delivery, delivery_id, populate_existing=True, with_for_update={"skip_locked": True})
    return None if delivery is None or delivery.handled_at is not None else delivery


def _handle_together(session: Session, batch: Sequence[Delivery], now: datetime) -> None:
    told = [_told(delivery) for delivery in batch]
    channels = _holders(session, told)
    _take_hints(session, told, now)
    _hear(session, batch, told, channels)
    happenings = [
        (channel, event) for one in told for channel, entry in _reached(one, channels) for event in entry.events
    ]
    inbox.receive_all(session, happenings, now=now)
    for delivery, one in zip(batch, told, strict=True):
        if isinstance(one, str):
            _settle(delivery, [one], now)
        else:
            _finish(delivery, _problem(one, channels), now)


def _handle_alone(session: Session, delivery: Delivery, now: datetime) -> list[str]:
    """The names of what went wrong. An event that we cannot digest holds none of its neighbours back."""
    told = _told(delivery)
    if isinstance(told, str):
        return [told]
    channels = _holders(session, [told])
    _take_hints(session, [told], now)
    _hear(session, [delivery], [told], channels)
    failed = []
    for channel, entry in _reached(told, channels):
        for event in entry.events:
            try:
                with session.begin_nested():
                    inbox.receive_all(session, [(channel, event)], now=now)
            except Exception as error:
                log.exception("event of channel %s not handled", channel.id)
                failed.append(type(error).__name__)
    if not failed:
        delivery.problem = _problem(told, channels)
    return failed


def _settle(delivery: Delivery, failed: list[str], now: datetime) -> None:
    if not failed:
        _finish(delivery, delivery.problem, now)
        return
    delivery.tries += 1
    delivery.problem = ", ".join(sorted(set(failed)))
    delivery.next_try_at = now + pause(delivery.tries)


def _finish(delivery: Delivery, problem: str, now: datetime) -> None:
    """Nothing is left to do; `problem` says why nothing came of it."""
    delivery.tries += 1
    delivery.problem, delivery.handled_at = problem, now


def _told(delivery: Delivery) -> Told:
    try:
        return read(delivery.body, delivery.received_at)
    except Unreadable as error:
        return str(error)


def _take_hints(session: Session, told: Sequence[Told], now: datetime) -> None:
    """What Meta says about permissions proves nothing by itself: it makes the check come at once."""
    named = {one for each in told if isinstance(each, Delivered) for one in each.hints}
    if named:
        check_named_soon(session, named, now=now)


def _problem(told: Delivered, channels: dict[Account, Channel]) -> str:
    is_for_somebody = any(True for _one in _reached(told, channels))
    return "" if is_for_somebody or told.platform is None or not told.entries else NO_CHANNEL


def _reached(told: Told, channels: dict[Account, Channel]) -> Iterable[tuple[Channel, Entry]]:
    """The entries that are for a channel of ours."""
    for platform, entry in _entries(told):
        channel = channels.get((platform, entry.account_id))
        if channel is not None:
            yield channel, entry


def _entries(told: Told) -> Iterable[tuple[str, Entry]]:
    if isinstance(told, Delivered) and told.platform is not None:
        for entry in told.entries:
            yield told.platform, entry


def _hear(session: Session, batch: Sequence[Delivery], told: Sequence[Told], channels: dict[Account, Channel]) -> None:
    wanted = [channel.id for channel in channels.values()]
    heard = {
        one.channel_id: one
        for one in session.scalars(
            select(Hearing).where(Hearing.channel_id.in_(wanted)).execution_options(populate_existing=True)
        )
    }
    for delivery, one in zip(batch, told, strict=True):
        for channel, entry in _reached(one, channels):
            hearing = heard.get(channel.id)
            if hearing is None:
                hearing = Hearing(channel_id=channel.id, delivery_id=delivery.id, heard_at=delivery.received_at)
                heard[channel.id] = hearing
                session.add(hearing)
            contact_id = entry.events[-1].contact_id if entry.events else ""
            hearing.hear(delivery.id, at=delivery.received_at, standby=entry.standby, contact_id=contact_id)


def _holders(session: Session, told: Sequence[Told]) -> dict[Account, Channel]:
    """Who holds each account, lost or not. Locked in one order, so that nobody waits in a circle."""
    named = list({entry.account_id for one in told for _platform, entry in _entries(one)})
    held = select(Channel.id).where(Channel.platform.in_(PLATFORMS.values()), Channel.status != Status.DISCONNECTED)
    asked = (held.where(Channel.external_id.in_(some)) for some in _portions(named))
    ids = sorted(channel_id for query in asked for channel_id in session.scalars(query))
    found = (channel for some in _portions(ids) for channel in _lock(session, some))
    return {(channel.platform, channel.external_id): channel for channel in found}


def _lock(session: Session, ids: Sequence[int]) -> Iterable[Channel]:
    return session.scalars(
        select(Channel)
        .where(Channel.id.in_(ids), Channel.status != Status.DISCONNECTED)
        .options(lazyload("*"))
        .order_by(Channel.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def _portions(many: Sequence[T]) -> Iterator[Sequence[T]]:
    """A delivery may name more accounts than one statement takes parameters."""
    return (many[start : start + MOST_NAMED] for start in range(0, len(many), MOST_NAMED))
