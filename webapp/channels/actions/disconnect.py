"""Disconnecting: messages stop, history stays."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from webapp.accounts.actions import note
from webapp.accounts.models import Person
from webapp.channels.actions.subscription import let_go
from webapp.channels.models import Channel
from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import opened
from webapp.meta.gateway import Meta

AT_A_TIME = 20
# Taking a subscription back takes seconds; one whose process died is tried again after this.
LEASE = timedelta(minutes=5)
AGAIN = timedelta(minutes=10)
# A Meta that is down for longer than this keeps the subscription; what still arrives is shown nowhere.
GIVEN_UP_AFTER = timedelta(days=7)


def disconnect(channel: Channel, person: Person, *, meta: Meta, now: datetime) -> None:
    """Let the account go. The Page's subscription is taken back only when no other channel lives on it.

    Meta being down does not keep a channel connected: the token is kept until the subscription could be taken back.
    """
    with db.transaction() as session:
        current = session.get_one(Channel, channel.id, with_for_update=True, populate_existing=True)
        if not current.is_held:
            return
        current.release_at = now + LEASE if current.page_token else None
        current.become(Verdict(Status.DISCONNECTED), noticed_by="person", now=now, person_id=person.id)
        note(session, current.workspace, person, "disconnected", current.label, now=now)
    if current.page_token:
        _release(current, meta, now)


def release_due(*, meta: Meta, now: datetime) -> None:
    """Take back the subscriptions that could not be taken back when their channels were disconnected."""
    first = (
        select(Channel.id)
        .where(Channel.release_at <= now)
        .order_by(Channel.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    with db.transaction() as session:
        booked = session.scalars(
            update(Channel).where(Channel.id.in_(select(first.c.id))).values(release_at=now + LEASE).returning(Channel),
            execution_options={"synchronize_session": False, "populate_existing": True},
        ).all()
    for channel in booked:
        _release(channel, meta, now)


def _release(channel: Channel, meta: Meta, now: datetime) -> None:
    token = opened(channel.page_token)
    db.leave()
    is_done = token is None or let_go(channel.page_id, token, meta=meta)
    with db.transaction() as session:
        current = session.get_one(Channel, channel.id, with_for_update=True, populate_existing=True)
        if current.is_held or current.release_at is None:
            # Connected again meanwhile.
            return
        is_done = is_done or current.status_since <= now - GIVEN_UP_AFTER
        current.release_at = None if is_done else now + AGAIN
        if is_done:
            current.page_token = None
