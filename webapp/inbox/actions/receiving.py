"""What a customer did, written down once however often and in whatever order we hear of it."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.channels.models import Channel
from webapp.core import db
from webapp.inbox.actions import echoes, locks
from webapp.inbox.events import (
    DeletedEvent,
    DeliveredEvent,
    EditedEvent,
    Event,
    MessageEvent,
    ReactionEvent,
    ReadEvent,
)
from webapp.inbox.models import Contact, Conversation, Direction, Message, SendStatus


def receive(session: Session, channel: Channel, event: Event, *, now: datetime) -> None:
    """Write one event down, inside the caller's transaction and with the channel locked.

    Idempotent: a message is known by (channel, mid), everything else says how things are and not what to add.
    """
    conversation = _conversation(session, channel, event, now)
    if isinstance(event, MessageEvent):
        _message(session, conversation, event, now)
    elif isinstance(event, DeletedEvent):
        _deleted(session, conversation, event, now)
    elif isinstance(event, DeliveredEvent):
        conversation.delivered_until = max(event.at, conversation.delivered_until or event.at)
        conversation.touch()
    elif isinstance(event, ReadEvent):
        _read(session, conversation, event)
    else:
        _changed(session, conversation, event, now)


def _conversation(session: Session, channel: Channel, event: Event, now: datetime) -> Conversation:
    """The channel is locked, so nobody else makes the same one."""
    found = locks.conversation_with(session, channel.id, event.contact_id)
    if found is not None:
        return found
    contact = Contact(channel_id=channel.id, external_id=event.contact_id, first_at=event.at, profile_due_at=now)
    made = Conversation(
        workspace_id=channel.workspace_id, channel=channel, contact=contact, latest_at=event.at, unread=0
    )
    session.add(made)
    session.flush()
    db.ring_after_commit("inbox.profile", contact.id)
    return made


def _message(session: Session, conversation: Conversation, event: MessageEvent, now: datetime) -> None:
    known = locks.message_with(session, conversation.channel_id, event.mid)
    if known is not None:
        if known.is_ours and known.send_status != SendStatus.SENT:
            known.was_sent()
            conversation.touch()
        return
    if event.is_echo and echoes.settle(session, conversation, event):
        return
    message = _new(conversation, event)
    session.add(message)
    conversation.contact.first_at = min(conversation.contact.first_at, event.at)
    if message.is_ours:
        conversation.shows(message)
    else:
        conversation.hears(message, now=now)
        _heard_on(conversation.channel, event.at)


def _new(conversation: Conversation, event: MessageEvent) -> Message:
    return Message(
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        mid=event.mid,
        direction=Direction.OUT if event.is_echo else Direction.IN,
        kind=event.kind,
        text=event.text,
        attachments=[asdict(one) for one in event.attachments],
        reply_to_mid=event.reply_to_mid,
        at=event.at,
        send_status=SendStatus.SENT if event.is_echo else None,
    )


def _heard_on(channel: Channel, at: datetime) -> None:
    channel.last_inbound_at = max(at, channel.last_inbound_at or at)


def _deleted(session: Session, conversation: Conversation, event: DeletedEvent, now: datetime) -> None:
    """Taken back. Before we heard of the message itself, a line without content keeps its place."""
    known = locks.message_with(session, conversation.channel_id, event.mid)
    if known is None:
        known = Message(
            conversation_id=conversation.id,
            channel_id=conversation.channel_id,
            mid=event.mid,
            direction=Direction.IN,
            at=event.at,
        )
        session.add(known)
    if known.deleted_at is None:
        known.remove_content(now)
        conversation.shows(known)


def _changed(session: Session, conversation: Conversation, event: EditedEvent | ReactionEvent, now: datetime) -> None:
    known = locks.message_with(session, conversation.channel_id, event.mid)
    if known is None or known.deleted_at is not None:
        return
    if isinstance(event, ReactionEvent):
        known.reaction = event.emoji
    else:
        known.text, known.edited_at = event.text, now
        conversation.shows(known)
    conversation.touch()


def _read(session: Session, conversation: Conversation, event: ReadEvent) -> None:
    until = event.at
    if event.mid is not None:
        known = locks.message_with(session, conversation.channel_id, event.mid)
        if known is None:
            return
        until = known.at
    conversation.read_until = max(until, conversation.read_until or until)
    conversation.touch()
