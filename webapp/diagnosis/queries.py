"""Reads of the room; views ask with a channel of their own workspace."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from webapp.channels.models import Channel, Hearing, SignatureFailure
from webapp.core import db
from webapp.diagnosis.models import CLOCKS, Diagnosis, LiveTest
from webapp.diagnosis.rules.checks import Heard
from webapp.inbox.models import Contact, Conversation, Direction, Message


def latest(channel: Channel, limit: int = 2) -> list[Diagnosis]:
    """The newest diagnosis, finished or not, and those before it."""
    return list(
        db.session().scalars(
            select(Diagnosis)
            .options(joinedload(Diagnosis.person))
            .where(Diagnosis.channel_id == channel.id)
            .order_by(Diagnosis.id.desc())
            .limit(limit)
            .execution_options(populate_existing=True)
        )
    )


def live_test(channel: Channel) -> LiveTest | None:
    """The newest one."""
    return db.session().scalar(
        select(LiveTest)
        .options(joinedload(LiveTest.person))
        .where(LiveTest.channel_id == channel.id)
        .order_by(LiveTest.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def waiting_tests() -> list[LiveTest]:
    """Those that have not ended, of every workspace, with their channels; the one that waits longest first."""
    return list(
        db.session().scalars(
            select(LiveTest)
            .options(joinedload(LiveTest.channel))
            .where(LiveTest.ended_at.is_(None))
            .order_by(LiveTest.id)
            .execution_options(populate_existing=True)
        )
    )


def heard(channel: Channel) -> Heard:
    found = db.session().get(Hearing, channel.id, populate_existing=True)
    return Heard(found.heard_at, found.standby_at, found.direct_at, found.delivery_id) if found else Heard()


def signature_failed_at() -> datetime | None:
    return db.session().scalar(select(SignatureFailure.failed_at))


def latest_contact(channel: Channel) -> str | None:
    """Meta's id of the customer who wrote last."""
    return db.session().scalar(_contacts(channel).limit(1))


def recent_contacts(channel: Channel, since: datetime, limit: int) -> list[str]:
    """Meta's ids of the customers who wrote since, the last one first."""
    return list(db.session().scalars(_contacts(channel).where(Conversation.last_inbound_at >= since).limit(limit)))


def _contacts(channel: Channel) -> Select[str]:
    return (
        select(Contact.external_id)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Conversation.channel_id == channel.id)
        .order_by(Conversation.last_inbound_at.desc().nulls_last())
    )


def written(channel_id: int, since: datetime) -> list[tuple[int, datetime]]:
    """(conversation, when its customer wrote), oldest first."""
    rows = db.session().execute(
        select(Message.conversation_id, Message.at)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.channel_id == channel_id,
            Conversation.latest_at >= since,
            Message.direction == Direction.IN,
            Message.at >= since,
        )
        .order_by(Message.at)
    )
    return [(row.conversation_id, row.at) for row in rows]


def has_message(channel: Channel, mid: str) -> bool:
    found = db.session().scalar(select(Message.id).where(Message.channel_id == channel.id, Message.mid == mid))
    return found is not None


def last_message_id() -> int:
    """Of any channel: what comes later has a higher one."""
    return db.session().scalar(select(func.max(Message.id))) or 0


def first_arrival(test: LiveTest) -> Message | None:
    """The first message of a customer that was written and came while the test waited."""
    return db.session().scalar(
        select(Message)
        .where(
            Message.channel_id == test.channel_id,
            Message.id > test.after_message_id,
            Message.direction == Direction.IN,
            Message.at.between(test.began_at - CLOCKS, test.ends_by + CLOCKS),
        )
        .order_by(Message.id)
        .limit(1)
    )
