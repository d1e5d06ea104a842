"""Deliveries that were stored: handled at least once, with the same result every time."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, lazyload, load_only

from webapp.channels.actions import check_named_soon
from webapp.channels.models import Channel, Hearing
from webapp.channels.status import Status
from webapp.core import bulk, db
from webapp.inbox import actions as inbox
from webapp.inbox.actions import Happening, Source
from webapp.webhooks import queue
from webapp.webhooks.forgetting import forget
from webapp.webhooks.queue import Stored
from webapp.webhooks.rules import PLATFORMS, Delivered, Entry, Unreadable, read

log = logging.getLogger("webapp.webhooks")

NO_CHANNEL = "no channel"
# Deliveries in one transaction: beyond some hundreds the rows themselves are what costs.
AT_ONCE = 500

# What can be read of a delivery, or why nothing can.
Told = Delivered | str
Reached = list[tuple[Channel, Entry]]


def handle_some(*, now: datetime, limit: int = AT_ONCE) -> bool:
    """Handle the deliveries that have waited longest, in one transaction; whether there may be more.

    If one of them breaks it, each is handled alone: it waits with its problem, and the others pass.
    """
    if not queue.is_any_due(now):
        return False
    taken: list[int] = []
    try:
        with db.transaction() as session:
            batch = queue.take(session, now, limit)
            taken = [stored.id for stored in batch]
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
            stored = queue.lock(session, delivery_id)
            if stored is not None:
                _handle_alone(session, stored, now)
    except Exception as error:
        log.exception("delivery %s not handled", delivery_id)
        with db.transaction() as session:
            if queue.lock(session, delivery_id) is not None:
                queue.put_off(session, delivery_id, [type(error).__name__], now)


def _handle_together(session: Session, batch: Sequence[Stored], now: datetime) -> None:
    told = [_told(stored) for stored in batch]
    reached = _reached(session, batch, told, now)
    happenings = (_happenings(stored, some) for stored, some in zip(batch, reached, strict=True))
    forget(session, inbox.receive_all(session, [one for some in happenings for one in some], now=now))
    problems: dict[int, str] = {}
    for stored, one, some in zip(batch, told, reached, strict=True):
        if isinstance(one, str):
            queue.put_off(session, stored.id, [one], now)
        else:
            problems[stored.id] = _problem(one, some)
    queue.finish(session, problems, now)


def _handle_alone(session: Session, stored: Stored, now: datetime) -> None:
    """An event that we cannot digest holds none of its neighbours back."""
    told = _told(stored)
    (reached,) = _reached(session, [stored], [told], now)
    if isinstance(told, str):
        queue.put_off(session, stored.id, [told], now)
        return
    failed = []
    for happening in _happenings(stored, reached):
        try:
            with session.begin_nested():
                forget(session, inbox.receive_all(session, [happening], now=now))
        except Exception as error:
            log.exception("event of channel %s not handled", happening.channel.id)
            failed.append(type(error).__name__)
    if failed:
        queue.put_off(session, stored.id, failed, now)
    else:
        queue.finish(session, {stored.id: _problem(told, reached)}, now)


def _told(stored: Stored) -> Told:
    try:
        return read(stored.body, stored.received_at)
    except Unreadable as error:
        return str(error)


def _happenings(stored: Stored, reached: Reached) -> Iterator[Happening]:
    source = Source(stored.id, stored.received_at)
    return (Happening(channel, event, source) for channel, entry in reached for event in entry.events)


def _problem(told: Delivered, reached: Reached) -> str:
    return "" if reached or told.platform is None or not told.entries else NO_CHANNEL


def _reached(session: Session, batch: Sequence[Stored], told: Sequence[Told], now: datetime) -> list[Reached]:
    """Of each delivery the entries that are for a channel of ours; its channels have heard of it, and are locked."""
    channels = _holders(session, {entry.account_id for one in told for _platform, entry in _entries(one)})
    _take_hints(session, told, now)
    reached = [
        [
            (channel, entry)
            for platform, entry in _entries(one)
            if (channel := channels.get((platform, entry.account_id))) is not None
        ]
        for one in told
    ]
    _hear(session, batch, reached)
    return reached


def _entries(told: Told) -> Iterator[tuple[str, Entry]]:
    if isinstance(told, Delivered) and told.platform is not None:
        for entry in told.entries:
            yield told.platform, entry


def _take_hints(session: Session, told: Sequence[Told], now: datetime) -> None:
    """What Meta says about permissions proves nothing by itself: it makes the check come at once."""
    named = {one for each in told if isinstance(each, Delivered) for one in each.hints}
    if named:
        check_named_soon(session, named, now=now)


def _hear(session: Session, batch: Sequence[Stored], reached: Sequence[Reached]) -> None:
    """Past the unit of work: a portion may be about hundreds of channels."""
    wanted = [{"channel_id": one} for one in {channel.id for some in reached for channel, _entry in some}]
    rows = session.connection().execute(_hearings(), bulk.parameters(wanted)).all()
    heard = {row.channel_id: Hearing(**row._mapping) for row in rows}
    known = frozenset(heard)
    for stored, some in zip(batch, reached, strict=True):
        for (channel_id, standby), contact_id in _last_customers(some).items():
            if channel_id not in heard:
                heard[channel_id] = Hearing.begun(channel_id, stored.id, at=stored.received_at)
            heard[channel_id].hear(stored.id, at=stored.received_at, standby=standby, contact_id=contact_id)
    bulk.change(session, Hearing, [bulk.row_of(one) for one in heard.values() if one.channel_id in known])
    bulk.add(session, Hearing, [bulk.row_of(one) for one in heard.values() if one.channel_id not in known])


def _last_customers(reached: Reached) -> dict[tuple[int, bool], str]:
    """Of each channel, and of each way in which a delivery came to it: whom the last entry was about that named one."""
    found: dict[tuple[int, bool], str] = {}
    for channel, entry in reached:
        way = channel.id, entry.standby
        found[way] = (entry.events[-1].contact_id if entry.events else "") or found.get(way, "")
    return found


def _holders(session: Session, accounts: set[str]) -> dict[tuple[str, str], Channel]:
    """Who holds each account, lost or not. Locked in one order, so that nobody waits in a circle."""
    wanted = [{"external_id": one} for one in accounts]
    found = session.scalars(_held(), bulk.parameters(wanted)) if wanted else ()
    return {(channel.platform, channel.external_id): channel for channel in found}


# What receiving reads of one.
_OF_A_CHANNEL = (Channel.workspace_id, Channel.platform, Channel.external_id, Channel.last_inbound_at)


@bulk.once
def _held() -> Select[Channel]:
    asked = bulk.Given(Channel, "external_id")
    return (
        select(Channel)
        .select_from(asked.table)
        .join(Channel, asked.is_here)
        .where(Channel.platform.in_(PLATFORMS.values()), Channel.status != Status.DISCONNECTED)
        .options(lazyload("*"), load_only(*_OF_A_CHANNEL))
        .order_by(Channel.id)
        .with_for_update(of=Channel, key_share=True)
        .execution_options(populate_existing=True)
    )


@bulk.once
def _hearings() -> Select[Any]:
    asked, table = bulk.Given(Hearing, "channel_id"), bulk.table_of(Hearing)
    return select(table).select_from(asked.table).join(table, asked.is_here)
