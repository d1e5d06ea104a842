"""Deliveries: stored first, handled afterwards, at least once and with the same result every time."""

import hashlib
import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, lazyload

from webapp.channels.models import Channel, Hearing, SignatureFailure
from webapp.channels.status import Status
from webapp.core import db
from webapp.inbox import actions as inbox
from webapp.webhooks.models import Delivery
from webapp.webhooks.rules import Delivered, Unreadable, read

log = logging.getLogger("webapp.webhooks")

NO_CHANNEL = "no channel"
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)
NOTED_EVERY = timedelta(minutes=1)


def store(body: bytes, *, now: datetime) -> None:
    """Keep a signed delivery and wake a worker. Meta repeats deliveries: the same bytes are kept once."""
    insert = postgresql.insert if db.is_postgresql() else sqlite.insert
    row = {
        "digest": hashlib.sha256(body).hexdigest(),
        "body": body,
        "received_at": now,
        "next_try_at": now,
        "tries": 0,
        "problem": "",
    }
    with db.transaction() as session:
        delivery_id = session.scalar(
            insert(Delivery).values(row).on_conflict_do_nothing(index_elements=[Delivery.digest]).returning(Delivery.id)
        )
        if delivery_id is not None:
            db.ring_after_commit("webhooks.handle", delivery_id)


def handle(delivery_id: int, *, now: datetime) -> None:
    """Put a delivery's events into their conversations. What fails waits and is tried again; the rest is done."""
    with db.transaction() as session:
        delivery = session.get(Delivery, delivery_id, populate_existing=True, with_for_update={"skip_locked": True})
        if delivery is None or delivery.handled_at is not None:
            return
        try:
            problem, is_done = _deliver(session, delivery, now)
        except Unreadable as error:
            problem, is_done = str(error), True
        delivery.problem = problem
        delivery.tries += 1
        if is_done:
            delivery.handled_at = now
        else:
            delivery.next_try_at = now + pause(delivery.tries)


def note_refused(*, was_missing: bool, now: datetime) -> None:
    """Remember that a signature was wrong, for the diagnosis. Strangers can cause it: it is written once a minute."""
    seen = db.session().get(SignatureFailure, 1, populate_existing=True)
    if seen is not None and now - seen.failed_at < NOTED_EVERY:
        return
    with db.transaction() as session:
        session.merge(SignatureFailure(id=1, failed_at=now, was_missing=was_missing))


def due(now: datetime) -> list[int]:
    """Deliveries that wait: their bell was lost, or they could not be handled."""
    found = db.session().scalars(
        select(Delivery.id)
        .where(Delivery.handled_at.is_(None), Delivery.next_try_at <= now)
        .order_by(Delivery.next_try_at, Delivery.id)
        .limit(200)
    )
    return list(found)


def pause(tries: int) -> timedelta:
    """How long a delivery waits after it failed for the `tries`-th time."""
    return min(FIRST_PAUSE * int(4 ** min(tries - 1, 10)), LONGEST_PAUSE)


def _deliver(session: Session, delivery: Delivery, now: datetime) -> tuple[str, bool]:
    """What went wrong, and whether nothing is left to do."""
    delivered = read(delivery.body, delivery.received_at)
    if delivered.platform is None:
        return "", True
    channels = _holders(session, delivered)
    failed = []
    for entry in delivered.entries:
        channel = channels.get(entry.account_id)
        if channel is None:
            continue
        _hear(session, channel, delivery, entry.standby)
        for event in entry.events:
            try:
                with session.begin_nested():
                    inbox.receive(session, channel, event, now=now)
            except Exception as error:
                # One event that we cannot digest must not hold back its neighbours, whatever it is made of.
                log.exception("event of channel %s not handled", channel.id)
                failed.append(type(error).__name__)
    if failed:
        return ", ".join(sorted(set(failed))), False
    return "" if channels or not delivered.entries else NO_CHANNEL, True


def _hear(session: Session, channel: Channel, delivery: Delivery, standby: bool) -> None:
    hearing = session.get(Hearing, channel.id, populate_existing=True)
    if hearing is None:
        hearing = Hearing(channel_id=channel.id, delivery_id=delivery.id, heard_at=delivery.received_at)
        session.add(hearing)
    hearing.hear(delivery.id, at=delivery.received_at, standby=standby)


def _holders(session: Session, delivered: Delivered) -> dict[str, Channel]:
    """Account id → the channel that holds it, lost or not. Locked in one order, so that nobody waits in a circle."""
    accounts = {entry.account_id for entry in delivered.entries}
    found = session.scalars(
        select(Channel)
        .where(
            Channel.platform == delivered.platform,
            Channel.external_id.in_(accounts),
            Channel.status != Status.DISCONNECTED,
        )
        .options(lazyload("*"))
        .order_by(Channel.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {channel.external_id: channel for channel in found}
