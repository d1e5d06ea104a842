"""Replies on their way out: book, send with nothing open, record. Two workers never send one reply twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from webapp.channels import actions as channels
from webapp.core import db, work
from webapp.core.crypto import Secret, opened
from webapp.inbox import shelf
from webapp.inbox.actions import echoes, locks, triage
from webapp.inbox.actions.attaching import file_of
from webapp.inbox.models import Conversation, Media, Message, SendStatus
from webapp.inbox.rules import LEASE, Reply, composer, next_try, problem_of
from webapp.meta.errors import GraphError, Kind, OutcomeUnknown
from webapp.meta.gateway import Meta, Platform, Upload

WAITING = (SendStatus.QUEUED, SendStatus.SENDING)
# Refusals that speak about the channel and not about this one message or customer.
ABOUT_THE_CHANNEL = frozenset({Kind.CREDENTIALS, Kind.PERMISSION, Kind.CHANNEL, Kind.ROUTING, Kind.APP})


@dataclass(frozen=True, slots=True)
class _File:
    """The file that a reply carries. `remote_id` is Meta's, once it has been given there."""

    media_id: int
    upload: Upload
    remote_id: str


@dataclass(frozen=True, slots=True)
class _Job:
    """All that the call needs, read before the database is left."""

    channel_id: int
    authorized_at: datetime
    page_id: str
    page_token: Secret
    recipient_id: str
    platform: Platform
    text: str
    human_agent: bool
    file: _File | None = None


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
        token = opened(channel.page_token)
        file = _file(session, message)
        if not state.is_open or token is None or (file is None and message.kind != "text"):
            message.has_failed({"kind": state.reason or ("lost" if token is None else "file")})
            conversation.tells_of(message)
            return None
        return _Job(
            channel.id,
            channel.authorized_at,
            channel.page_id,
            token,
            conversation.contact.external_id,
            cast(Platform, channel.platform),
            message.text,
            human_agent=state.reply is Reply.HUMAN_AGENT,
            file=file,
        )


def _file(session: Session, message: Message) -> _File | None:
    """None for a text, and for a reply whose file is not on the shelf any more."""
    found = file_of(session, message) if message.kind != "text" else None
    if found is None or not shelf.has(found.digest):
        return None
    name = found.name or f"{message.kind}-{found.id}"
    return _File(found.id, Upload(message.kind, shelf.place(found.digest), name, found.mime), found.remote_id)


def _do(job: _Job, conversation_id: int, message_id: int, meta: Meta, now: datetime) -> None:
    db.leave()
    try:
        mid = _sent(job, meta)
    except GraphError as error:
        _record_refusal(conversation_id, message_id, error, now)
        if error.meaning.kind in ABOUT_THE_CHANNEL:
            channels.report_refusal(job.channel_id, error, noticed_by="send", now=now, authorized_at=job.authorized_at)
        if error.meaning.kind is not Kind.TRANSIENT:
            triage.look(job.channel_id, meta=meta, now=now)
        return
    with db.transaction() as session:
        conversation, message = _rows(session, conversation_id, message_id)
        echoes.confirm(session, message, mid)
        conversation.tells_of(message)


def _sent(job: _Job, meta: Meta) -> str:
    """Meta's id of the message. A file is given to Meta first, which nobody sees and which may be repeated."""
    to = (job.page_id, job.page_token, job.recipient_id)
    if job.file is None:
        return meta.send_text(*to, job.text, human_agent=job.human_agent)
    remote_id = job.file.remote_id
    if not remote_id:
        remote_id = meta.upload(job.page_id, job.page_token, job.platform, job.file.upload)
        with db.transaction() as session:
            session.execute(update(Media).where(Media.id == job.file.media_id).values(remote_id=remote_id))
    return meta.send_file(*to, job.file.upload.kind, remote_id, human_agent=job.human_agent)


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
