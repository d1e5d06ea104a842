"""A member answers. The reply is a row first; sending it is a job's business."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import Person
from webapp.core import db
from webapp.inbox.actions import locks
from webapp.inbox.models import Conversation, Direction, Message, SendStatus
from webapp.inbox.rules import composer, is_too_long, tidy


class EmptyText(Exception):
    """There is nothing to send."""


class TextTooLong(Exception):
    """The platform does not take a text of this length."""


class ComposerClosed(Exception):
    """No reply can be written now; `reason` as in `rules.Composer`."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


def reply(conversation_id: int, person: Person, text: str, form_key: str, *, now: datetime) -> Message:
    """Put a reply on its way. The same form sent twice is one reply. Text is checked as it will be sent."""
    text = tidy(text)
    if not text:
        raise EmptyText
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        before = _same_form(session, conversation, form_key)
        if before is not None and before.text == text:
            return before
        _check(conversation, text, now)
        message = Message(
            conversation_id=conversation.id,
            channel_id=conversation.channel_id,
            direction=Direction.OUT,
            kind="text",
            text=text,
            author_id=person.id,
            # Another text under a key that is used up is another reply: dropping it would lose it.
            form_key=form_key if form_key and before is None else None,
        )
        message.queue(now)
        session.add(message)
        conversation.unread = 0
        conversation.shows(message)
        session.flush()
        db.ring_after_commit("inbox.send", message.id)
    return message


def dispatch(conversation_id: int, message_id: int, *, now: datetime) -> None:
    """Send a failed reply again. One whose outcome is unknown stays: the customer may have it already."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        message = locks.message(session, message_id)
        if message.send_status != SendStatus.FAILED:
            return
        _check(conversation, message.text, now)
        message.queue(now)
        conversation.shows(message)
        db.ring_after_commit("inbox.send", message.id)


def _same_form(session: Session, conversation: Conversation, form_key: str) -> Message | None:
    return session.scalar(
        select(Message).where(Message.conversation_id == conversation.id, Message.form_key == form_key)
    )


def _check(conversation: Conversation, text: str, now: datetime) -> None:
    state = composer(conversation.channel.status, conversation.last_inbound_at, now)
    if not state.is_open:
        raise ComposerClosed(state.reason)
    if is_too_long(conversation.channel.platform, text):
        raise TextTooLong
