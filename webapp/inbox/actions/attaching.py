"""Files of a reply: checked, put on the shelf, and each a message of its own, as the platforms want it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from sqlalchemy.orm import Session

from webapp.accounts.models import Person
from webapp.core import db
from webapp.inbox import shelf
from webapp.inbox.actions import locks
from webapp.inbox.actions.replying import EmptyText, check, same_form, start
from webapp.inbox.filetypes import kind_of
from webapp.inbox.models import Conversation, Direction, Media, MediaState, Message
from webapp.inbox.outgoing import MOST_FILES, refusal
from webapp.inbox.rules import tidy
from webapp.inbox.shelf import Stored

LONGEST_NAME = 120


class Given(Protocol):
    """A file as a form brings it."""

    filename: str | None

    def save(self, dst: BinaryIO) -> None: ...


class FileRefused(Exception):
    """The platform does not take this file. `reason`: empty, type, size, or many (too many at once)."""

    def __init__(self, reason: str, name: str = "", mime: str = "") -> None:
        super().__init__()
        self.reason = reason
        self.name = name
        self.mime = mime


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was taken in."""

    name: str
    stored: Stored


def take_in(
    conversation: Conversation, given: Sequence[Given], text: str, *, now: datetime, after_repair: bool = False
) -> list[Kept]:
    """Check the reply and all its files and put them on the shelf.

    Raises FileRefused, ComposerClosed or TextTooLong before any is kept.
    """
    check(conversation, tidy(text), now, after_repair=after_repair)
    platform = conversation.channel.platform
    db.leave()
    if len(given) > MOST_FILES:
        raise FileRefused("many")
    with ExitStack() as open_files:
        checked = []
        for one in given:
            file = open_files.enter_context(shelf.blank())
            one.save(file)
            found, name = shelf.examined(file), _name(one.filename or "")
            reason = refusal(platform, found.mime, found.size)
            if reason:
                raise FileRefused(reason, name, found.mime)
            checked.append((name, file))
        return [Kept(name, shelf.put(file)) for name, file in checked]


def reply_with_files(
    conversation_id: int,
    person: Person,
    kept: Sequence[Kept],
    text: str,
    form_key: str,
    *,
    now: datetime,
    after_repair: bool = False,
) -> None:
    """Put files, and after them the text if there is one, on their way. The same form sent twice is one reply."""
    text = tidy(text)
    if not kept and not text:
        raise EmptyText
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        if form_key and same_form(session, conversation, f"{form_key}#0") is not None:
            return
        state = check(conversation, text, now, after_repair=after_repair)
        for message in _messages(session, conversation, person, kept, text, form_key):
            start(session, conversation, message, state, now)


def _messages(
    session: Session, conversation: Conversation, person: Person, kept: Sequence[Kept], text: str, form_key: str
) -> Iterator[Message]:
    for number, one in enumerate(kept):
        kind = kind_of(one.stored.mime)
        message = _new(conversation, person, f"{form_key}#{number}" if form_key else None)
        message.kind, message.attachments = kind, [{"kind": kind, "url": "", "title": one.name}]
        session.add(message)
        session.flush()
        file = Media(message_id=message.id, name=one.name)
        file.keep(one.stored.digest, one.stored.mime, one.stored.size)
        session.add(file)
        yield message
    if text:
        message = _new(conversation, person, f"{form_key}#text" if form_key else None)
        message.text = text
        session.add(message)
        yield message


def _new(conversation: Conversation, person: Person, form_key: str | None) -> Message:
    return Message(
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        direction=Direction.OUT,
        kind="text",
        text="",
        attachments=[],
        at=conversation.latest_at,
        author_id=person.id,
        form_key=form_key,
    )


def file_of(session: Session, message: Message) -> Media | None:
    """The file that a reply of ours is to carry."""
    return session.query(Media).filter_by(message_id=message.id, state=MediaState.KEPT).one_or_none()


def _name(given: str) -> str:
    """The last part of a path, without what could break a header."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in name if letter.isprintable() and letter not in '";')[-LONGEST_NAME:]
