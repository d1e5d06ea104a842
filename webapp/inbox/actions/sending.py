"""Replies on their way out: book, send with nothing open, record. Two workers never send one reply twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from webapp.channels import actions as channels
from webapp.channels.rules import evidence_of
from webapp.core import db, work
from webapp.core.crypto import Secret
from webapp.inbox.actions import echoes, locks
from webapp.inbox.actions.tokens import opened_token
from webapp.inbox.models import Conversation, Message, SendStatus
from webapp.inbox.rules import LEASE, Reply, composer, next_try
from webapp.meta.errors import GraphError, Kind, OutcomeUnknown
from webapp.meta.gateway import Meta

WAITING = (SendStatus.QUEUED, SendStatus.SENDING)
# Refusals that speak about the channel and not about this one message or customer.
ABOUT_THE_CHANNEL = frozenset({Kind.CREDENTIALS, Kind.PERMISSION, Kind.CHANNEL, Kind.ROUTING, Kind.APP})


@dataclass(frozen=True, slots=True)
class _Job:
    """All that the call needs, read before the database is left."""

    channel_id: int
    page_id: str
    page_token: Secret
    recipient_id: str
    text: str
    human_agent: bool


def send(message_id: int, *, meta: Meta, now: datetime) -> None:
    """Send one reply if it is due and nobody else does, then wake the one behind it."""
    conversation_id = _book(message_id, now)
    if conversation_id is None:
        return
    job = _prepare(conversation_id, message_id, now)
    if isinstance(job, _Job):
        _do(job, conversation_id, message_id, meta, now)
    _wake_next(conversation_id, now)


def waiting(now: datetime) -> list[int]:
    """Replies that are due, oldest first."""
    found = db.session().scalars(
        select(Message.id)
        .where(Message.send_status == SendStatus.QUEUED, Message.send_at <= now)
        .order_by(Message.id)
        .limit(100)
    )
    return list(found)


def lose_sight(now: datetime) -> None:
    """A worker died while sending: nobody knows what Meta got, so nobody sends it again."""
    with db.transaction() as session:
        overdue = session.execute(
            select(Message.id, Message.conversation_id)
            .where(Message.send_status == SendStatus.SENDING, Message.send_at <= now)
            # In the order in which everybody locks several conversations.
            .order_by(Message.conversation_id, Message.id)
        ).all()
        for message_id, conversation_id in overdue:
            conversation = locks.conversation(session, conversation_id)
            message = locks.message(session, message_id)
            if message.send_status == SendStatus.SENDING and message.send_at and message.send_at <= now:
                message.is_lost_sight_of()
                conversation.tells_of(message)


def _book(message_id: int, now: datetime) -> int | None:
    """Take the reply, unless it is not due or an earlier one of its conversation is still on its way."""
    earlier = aliased(Message)
    is_behind = exists().where(
        earlier.conversation_id == Message.conversation_id,
        earlier.id < Message.id,
        earlier.send_status.in_(WAITING),
    )
    with db.transaction() as session:
        return session.scalar(
            update(Message)
            .where(
                Message.id == message_id,
                Message.send_status == SendStatus.QUEUED,
                Message.send_at <= now,
                ~is_behind,
            )
            .values(send_status=SendStatus.SENDING, send_at=now + LEASE, tries=Message.tries + 1)
            .returning(Message.conversation_id)
            .execution_options(synchronize_session=False)
        )


def _prepare(conversation_id: int, message_id: int, now: datetime) -> _Job | None:
    """What to send, or None when that is no longer possible and the reply says why."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        message = locks.message(session, message_id)
        channel = conversation.channel
        state = composer(channel.status, conversation.last_inbound_at, now)
        token = opened_token(channel)
        if not state.is_open or token is None:
            message.has_failed({"kind": state.reason or "lost"})
            conversation.tells_of(message)
            return None
        return _Job(
            channel.id,
            channel.page_id,
            token,
            conversation.contact.external_id,
            message.text,
            human_agent=state.reply is Reply.HUMAN_AGENT,
        )


def _do(job: _Job, conversation_id: int, message_id: int, meta: Meta, now: datetime) -> None:
    db.leave()
    try:
        mid = meta.send_text(job.page_id, job.page_token, job.recipient_id, job.text, human_agent=job.human_agent)
    except GraphError as error:
        _record_refusal(conversation_id, message_id, error, now)
        if error.meaning.kind in ABOUT_THE_CHANNEL:
            channels.report_refusal(job.channel_id, error, noticed_by="send", now=now)
        return
    with db.transaction() as session:
        conversation, message = _rows(session, conversation_id, message_id)
        echoes.confirm(session, message, mid)
        conversation.tells_of(message)


def _record_refusal(conversation_id: int, message_id: int, error: GraphError, now: datetime) -> None:
    with db.transaction() as session:
        conversation, message = _rows(session, conversation_id, message_id)
        if message.send_status not in (SendStatus.SENDING, SendStatus.UNKNOWN):
            return  # its echo came meanwhile: it did go out
        again = next_try(message.tries, error.retry_after, now)
        if isinstance(error, OutcomeUnknown):
            message.is_lost_sight_of()
        elif error.meaning.kind is Kind.TRANSIENT and again is not None:
            message.queue_again(again)
        else:
            message.has_failed(problem_of(error))
        conversation.tells_of(message)


def problem_of(error: GraphError) -> dict[str, Any]:
    """What the thread says of a refusal, and what support asks for."""
    return {"kind": error.meaning.kind.value, "cause": error.meaning.cause, **evidence_of(error)}


def _rows(session: Session, conversation_id: int, message_id: int) -> tuple[Conversation, Message]:
    return locks.conversation(session, conversation_id), locks.message(session, message_id)


def _wake_next(conversation_id: int, now: datetime) -> None:
    following = db.session().scalar(
        select(Message.id)
        .where(
            Message.conversation_id == conversation_id,
            Message.send_status == SendStatus.QUEUED,
            Message.send_at <= now,
        )
        .order_by(Message.id)
        .limit(1)
    )
    db.leave()
    if following is not None:
        work.ring("inbox.send", following)
