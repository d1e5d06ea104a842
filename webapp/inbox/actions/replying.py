"""A member answers. The reply is a row first; sending it is a job's business."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.accounts.models import Person
from webapp.core import db
from webapp.inbox.actions import locks
from webapp.inbox.models import Conversation, Direction, Media, Message, SendStatus
from webapp.inbox.rules import Composer, composer, is_too_long, tidy


class EmptyText(Exception):
    """There is nothing to send."""


class TextTooLong(Exception):
    """The platform does not take a text of this length."""


class ComposerClosed(Exception):
    """No reply can be written now; `reason` as in `rules.Composer`."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


def reply(
    conversation_id: int, person: Person, text: str, form_key: str, *, now: datetime, after_repair: bool = False
) -> Message:
    """Put a reply on its way. The same form sent twice is one reply. Text is checked as it will be sent.

    `after_repair`: its writer knows that the channel is lost, so it may wait for the repair.
    """
    text = tidy(text)
    if not text:
        raise EmptyText
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        before = same_form(session, conversation, form_key)
        if before is not None and before.text == text:
            return before
        state = check(conversation, text, now, after_repair=after_repair)
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
        session.add(message)
        start(session, conversation, message, state, now)
    return message


def start(session: Session, conversation: Conversation, message: Message, state: Composer, now: datetime) -> None:
    """A new reply goes out, or waits for the repair."""
    conversation.unread = 0
    if state.is_open:
        put_on_its_way(session, conversation, message, now)
    else:
        message.hold(now)
        conversation.touch()


def put_on_its_way(session: Session, conversation: Conversation, message: Message, now: datetime) -> None:
    """Due at once, and the newest that the list shows."""
    message.queue(now)
    conversation.shows(message)
    conversation.tells_of(message)
    session.flush()
    db.ring_after_commit("inbox.send", message.id)


def dispatch(conversation_id: int, message_id: int, *, now: datetime) -> None:
    """Send a failed reply again. One whose outcome is unknown stays: the customer may have it already."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        message = locks.message(session, message_id)
        if message.send_status != SendStatus.FAILED:
            return
        check(conversation, message.text, now)
        # A file that Meta did not like is given to it anew.
        session.execute(update(Media).where(Media.message_id == message.id).values(remote_id=""))
        put_on_its_way(session, conversation, message, now)


def same_form(session: Session, conversation: Conversation, form_key: str) -> Message | None:
    """The reply that this form has already become."""
    return session.scalar(
        select(Message).where(Message.conversation_id == conversation.id, Message.form_key == form_key)
    )


def check(conversation: Conversation, text: str, now: datetime, *, after_repair: bool = False) -> Composer:
    """Whether a reply can be written now. Raises ComposerClosed or TextTooLong."""
    state = composer(conversation.channel.status, conversation.last_inbound_at, now)
    if not state.is_open and not (after_repair and state.may_wait):
        raise ComposerClosed(state.reason)
    if is_too_long(conversation.channel.platform, text):
        raise TextTooLong
    return state
