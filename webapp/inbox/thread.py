"""A thread as the screen shows it: the newest messages, days between them, and the log."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Literal, NamedTuple

from flask_babel import to_user_timezone
from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.sql.elements import Tuple

from webapp.core import db
from webapp.core.db import UtcDateTime
from webapp.inbox.files import files_of
from webapp.inbox.models import Conversation, ConversationEvent, Direction, Fetched, Media, Message, SendStatus
from webapp.inbox.rules import composer
from webapp.inbox.troubles import many_failing

# As many as a screen needs to begin with, and as many as "older" adds.
STEP = 50
# Before a message that somebody searched for.
AROUND = 15
# What one person writes within this time is read in one go, and told the time once.
ONE_GO = timedelta(minutes=5)
# Beyond this many the window moves on instead of growing, and no longer follows new messages.
MOST = 500


class Item(NamedTuple):
    """A line of the thread. `goes_on`: the next line is of the same person, in one go, and came as far as this one.
    `subjects`: what an event is about, and those after it that are told with it."""

    kind: Literal["day", "message", "event", "gap"]
    value: date | Message | ConversationEvent | Fetched
    goes_on: bool = False
    subjects: tuple[str, ...] = ()


_KINDS: dict[type, Literal["message", "event", "gap"]] = {
    Message: "message",
    ConversationEvent: "event",
    Fetched: "gap",
}


@dataclass(frozen=True, slots=True)
class Thread:
    """`start_id` is the oldest message shown. `is_live`: the newest is shown too. `quoted`: by their mid.

    `files`: by message id and place among its attachments.
    """

    items: Sequence[Item]
    start_id: int | None
    has_older: bool
    is_live: bool
    quoted: dict[str, Message]
    files: dict[tuple[int, int], Media]


class Cursor(NamedTuple):
    """What a browser has on its screen; a poll with the same cursor has nothing new."""

    revision: str
    status: str
    cause: str
    composer: str
    trouble: str
    day: str

    def __str__(self) -> str:
        return ".".join(self)

    @classmethod
    def of(cls, conversation: Conversation, now: datetime) -> "Cursor":
        channel = conversation.channel
        state = composer(channel.status, conversation.last_inbound_at, now)
        today = to_user_timezone(now).date().isoformat()
        many = str(many_failing(channel, now))
        return cls(str(conversation.revision), channel.status, channel.cause or "", state.key, many, today)

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        parts = text.split(".")
        return cls(*parts) if len(parts) == len(cls._fields) else None


def load(
    conversation: Conversation,
    *,
    start_id: int | None = None,
    before_id: int | None = None,
    around_id: int | None = None,
) -> Thread:
    """The newest messages; or from `start_id` on; or from some messages before `before_id` or `around_id` on."""
    back = before_id or around_id
    start = _start(conversation, start_id, back, STEP if before_id else AROUND)
    found = _from(conversation, start) if start and back else _newest(conversation, start)
    messages, is_live = found[:MOST], len(found) <= MOST
    oldest = messages[0] if messages else None
    events = _events(conversation, messages, start is not None, is_live)
    return Thread(
        items=_in_goes(_told_together(_items(messages, events, _gaps(conversation, messages))), conversation),
        start_id=oldest.id if oldest else None,
        has_older=oldest is not None and _step_back(conversation, oldest, 1) is not None,
        is_live=is_live,
        quoted=_quoted(conversation, messages),
        files=files_of(messages),
    )


def last_inbound_id(conversation: Conversation) -> int:
    """The newest message of the customer, 0 when there is none."""
    newest = db.session().scalar(
        _messages(conversation)
        .where(Message.direction == Direction.IN)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(1)
    )
    return newest.id if newest else 0


def first_new_id(conversation: Conversation) -> int | None:
    """The oldest message of the customer that nobody has read; None where all is read, or all that is shown is new."""
    if not 0 < conversation.unread <= STEP:
        return None
    theirs = select(Message.id).where(Message.conversation_id == conversation.id, Message.direction == Direction.IN)
    newest = theirs.order_by(Message.at.desc(), Message.id.desc())
    return db.session().scalar(newest.offset(conversation.unread - 1).limit(1))


def _start(conversation: Conversation, start_id: int | None, back: int | None, steps: int) -> Message | None:
    wanted = back or start_id
    found = wanted and db.session().scalar(_messages(conversation).where(Message.id == wanted))
    if not found:
        return None
    return (_step_back(conversation, found, steps) or found) if back else found


def _step_back(conversation: Conversation, message: Message, steps: int) -> Message | None:
    """The message that many before this one, or the oldest; None when this is the oldest."""
    earlier = db.session().scalars(
        _messages(conversation)
        .where(_place() < _place_of(message))
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(steps)
    )
    found = list(earlier)
    return found[-1] if found else None


def _from(conversation: Conversation, start: Message) -> list[Message]:
    return list(
        db.session().scalars(
            _messages(conversation).where(_place() >= _place_of(start)).order_by(Message.at, Message.id).limit(MOST + 1)
        )
    )


def _newest(conversation: Conversation, start: Message | None) -> list[Message]:
    """Back to `start`; of a thread that grew too long while it was open, the newer part."""
    wanted = _messages(conversation).order_by(Message.at.desc(), Message.id.desc())
    wanted = wanted.where(_place() >= _place_of(start)).limit(MOST) if start else wanted.limit(STEP)
    return list(db.session().scalars(wanted))[::-1]


def _messages(conversation: Conversation) -> Select[Message]:
    return select(Message).where(Message.conversation_id == conversation.id).execution_options(populate_existing=True)


def _events(
    conversation: Conversation, messages: Sequence[Message], has_start: bool, is_live: bool
) -> list[ConversationEvent]:
    """The log's lines of the time that is shown."""
    wanted = select(ConversationEvent).where(ConversationEvent.conversation_id == conversation.id)
    if messages and (has_start or len(messages) >= STEP):
        wanted = wanted.where(ConversationEvent.at >= messages[0].at)
    if messages and not is_live:
        wanted = wanted.where(ConversationEvent.at <= messages[-1].at)
    newest = wanted.order_by(ConversationEvent.at.desc(), ConversationEvent.id.desc()).limit(MOST)
    return list(db.session().scalars(newest))[::-1]


def _gaps(conversation: Conversation, messages: Sequence[Message]) -> list[Fetched]:
    """What was fetched afterwards, where the first of it is shown."""
    if not messages:
        return []
    wanted = select(Fetched).where(
        Fetched.conversation_id == conversation.id,
        Fetched.first_at.between(messages[0].at, messages[-1].at),
    )
    return list(db.session().scalars(wanted.order_by(Fetched.id).limit(MOST)))


def _quoted(conversation: Conversation, messages: Sequence[Message]) -> dict[str, Message]:
    mids = {message.reply_to_mid for message in messages if message.reply_to_mid}
    if not mids:
        return {}
    found = db.session().scalars(_messages(conversation).where(Message.mid.in_(mids)))
    return {message.mid: message for message in found if message.mid}


def _items(messages: Sequence[Message], events: Sequence[ConversationEvent], gaps: Sequence[Fetched]) -> Iterator[Item]:
    """In order of time; what tells of messages stands above them."""
    lines: list[Message | ConversationEvent | Fetched] = sorted([*gaps, *messages, *events], key=lambda line: line.at)
    shown: date | None = None
    for line in lines:
        day = to_user_timezone(line.at).date()
        if day != shown:
            shown = day
            yield Item("day", day)
        yield Item(_KINDS[type(line)], line)


def _told_together(items: Iterable[Item]) -> Iterator[Item]:
    """Tags that one person puts on or takes off one after the other are one line."""
    held: Item | None = None
    for item in items:
        if held and _is_more(held.value, item.value):
            held = held._replace(value=item.value, subjects=(*held.subjects, _subject(item)))
            continue
        if held:
            yield held
        held = item._replace(subjects=(_subject(item),))
    if held:
        yield held


def _subject(item: Item) -> str:
    return item.value.subject if isinstance(item.value, ConversationEvent) else ""


def _is_more(one: object, after: object) -> bool:
    if not (isinstance(one, ConversationEvent) and isinstance(after, ConversationEvent)):
        return False
    is_same = (one.action, one.person_id) == (after.action, after.person_id)
    return is_same and one.action in ("tagged", "untagged") and after.at - one.at < ONE_GO


def _in_goes(items: Iterable[Item], conversation: Conversation) -> list[Item]:
    lines = list(items)
    values = [line.value for line in lines]
    return [
        line._replace(goes_on=_goes_on(line.value, after, conversation))
        for line, after in zip_longest(lines, values[1:])
    ]


def _goes_on(one: object, after: object, conversation: Conversation) -> bool:
    if not (isinstance(one, Message) and isinstance(after, Message)) or one.reaction or one.edited_at:
        return False
    is_same = (one.direction, one.author_id) == (after.direction, after.author_id)
    return is_same and after.at - one.at < ONE_GO and _came(one, conversation) == _came(after, conversation)


def _came(message: Message, conversation: Conversation) -> tuple[object, ...]:
    """How far a message came. What waits or failed has more to say than that and is like no other."""
    if not message.is_ours:
        return ()
    if message.send_status not in (None, SendStatus.SENT):
        return (message.id,)
    until = (conversation.read_until, conversation.delivered_until)
    return tuple(moment is not None and message.at <= moment for moment in until)


def _place() -> Tuple:
    return tuple_(Message.at, Message.id)


def _place_of(message: Message) -> Tuple:
    return tuple_(literal(message.at, UtcDateTime), message.id)
