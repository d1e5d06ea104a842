"""What customers do most of the time, written down for thousands of them at once: they write, read, and are reached.

Plain is what changes no message that is here, waits for none and is waited for by none. The rules are those of
everything else; only the rows are read and written past the unit of work.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from webapp.channels.models import Channel
from webapp.core import bulk
from webapp.core.db import Model
from webapp.inbox.actions import echoes, keeping, talks
from webapp.inbox.actions.ledger import Happening, Source, mid_of
from webapp.inbox.actions.talks import Key, Talk
from webapp.inbox.events import DeliveredEvent, Event, MessageEvent, ReadEvent
from webapp.inbox.models import Conversation, Direction, EarlyEvent, Message, SendStatus

T = TypeVar("T", bound=Model)


@dataclass(slots=True)
class Story:
    """What is heard of one customer, in the order in which it came."""

    key: Key
    channel: Channel
    told: list[Happening] = field(default_factory=list)

    @property
    def events(self) -> Iterable[Event]:
        return (one.event for one in self.told)

    @property
    def may_be_plain(self) -> bool:
        return all(isinstance(one, MessageEvent | DeliveredEvent | ReadEvent) for one in self.events)

    @property
    def messages(self) -> list[MessageEvent]:
        return [one for one in self.events if isinstance(one, MessageEvent)]


@dataclass(frozen=True, slots=True)
class Known:
    """A message that is here. `is_settled`: it is not on its way; `deliveries` hold words of it."""

    at: datetime
    is_settled: bool
    deliveries: Sequence[int | None]

    def has_come_in(self, source: Source | None) -> bool:
        """Whether hearing of it once more changes nothing."""
        return self.is_settled and (source is None or source.delivery_id in self.deliveries)


def receive(session: Session, happenings: Sequence[Happening], *, now: datetime, is_news: bool) -> list[Happening]:
    """Write down what is plain; returns everything that happened to other customers, in its order."""
    stories = [one for one in _stories(happenings) if one.may_be_plain]
    page = _Page(session, stories, is_news=is_news)
    plain = [one for one in stories if page.is_plain(one)]
    for story in plain:
        page.take(story, now)
    page.write(now)
    done = {one.key for one in plain}
    return [one for one in happenings if (one.channel.id, one.event.contact_id) not in done]


def row_of(event: MessageEvent) -> dict[str, Any]:
    """A message that we hear of for the first time, but for where it belongs."""
    return {
        "mid": event.mid,
        "direction": Direction.OUT if event.is_echo else Direction.IN,
        "kind": event.kind,
        "text": event.text,
        "attachments": [asdict(one) for one in event.attachments],
        "reply_to_mid": event.reply_to_mid,
        "at": event.at,
        "send_status": SendStatus.SENT if event.is_echo else None,
    }


def _stories(happenings: Iterable[Happening]) -> Iterable[Story]:
    found: dict[Key, Story] = {}
    for one in happenings:
        key = one.channel.id, one.event.contact_id
        if key not in found:
            found[key] = Story(key, one.channel)
        found[key].told.append(one)
    return found.values()


class _Page:
    """What is here of some customers, and what their stories change."""

    def __init__(self, session: Session, stories: Sequence[Story], *, is_news: bool) -> None:
        self.session = session
        self.is_news = is_news
        self.talks = talks.read(session, [one.key for one in stories]) if stories else {}
        self.known = _known(session, stories) if stories else {}
        self.early = _waited_for(session, stories) if stories else set()
        self.awaiting = self._awaiting(stories)
        self.changed: dict[Key, Talk] = {}
        self.new: list[tuple[Talk, MessageEvent, Source | None]] = []
        self.overtaken: set[Talk] = set()
        self.heard: dict[Channel, datetime] = {}

    def is_plain(self, story: Story) -> bool:
        """Whether nothing of it needs more than what is read here."""
        talk = self.talks.get(story.key)
        if story.key in self.early or (talk is not None and talk.id in self.awaiting):
            return False
        is_open, new = talk is not None, dict[str, Source | None]()
        for _channel, event, source in story.told:
            known = self.known.get((story.key[0], mid_of(event)))
            if isinstance(event, MessageEvent) and known is None:
                is_open = True
                if new.setdefault(event.mid, source) != source:
                    return False
            elif not is_open or not _is_told_already(event, source, known, new):
                return False
        return True

    def take(self, story: Story, now: datetime) -> None:
        """Let the customer's conversation hear of it."""
        for _channel, event, source in story.told:
            if isinstance(event, MessageEvent):
                self._message(story, event, source, now)
            elif isinstance(event, DeliveredEvent):
                self._talk(story).reaches(event.at)
            elif isinstance(event, ReadEvent):
                known = self.known[story.key[0], event.mid] if event.mid else event
                self._talk(story).is_seen(known.at)

    def write(self, now: datetime) -> None:
        self._hear()
        talks.write(self.session, list(self.changed.values()), now)
        bulk.add(self.session, Message, [_row(*one) for one in self.new])
        self._follow([(talk.channel_id, event.mid) for talk, event, _source in self.new if event.attachments], now)
        self._count([one.id for one in self.overtaken])

    def _message(self, story: Story, event: MessageEvent, source: Source | None, now: datetime) -> None:
        if (story.key[0], event.mid) in self.known:
            return
        if story.key not in self.talks:
            self.talks[story.key] = Talk.opened(story.channel, story.key[1], event.at)
        talk = self._talk(story)
        if self.is_news and talk.is_past(event):
            self.overtaken.add(talk)
        talk.began(event.at)
        if event.is_ours:
            talk.shows(event)
        else:
            talk.hears(event, now=now, is_news=self.is_news)
            heard_at = self.heard.get(story.channel, story.channel.last_inbound_at)
            if heard_at is None or event.at > heard_at:
                self.heard[story.channel] = event.at
        self.known[story.key[0], event.mid] = Known(event.at, is_settled=True, deliveries=())
        self.new.append((talk, event, source))

    def _talk(self, story: Story) -> Talk:
        talk = self.changed[story.key] = self.talks[story.key]
        return talk

    def _awaiting(self, stories: Sequence[Story]) -> set[int]:
        """Conversations in which a reply may wait for one of these echoes."""
        moments = {
            talk.id: [one.at for one in story.messages if one.is_echo and (talk.channel_id, one.mid) not in self.known]
            for story in stories
            if (talk := self.talks.get(story.key)) is not None
        }
        return echoes.awaited(self.session, {one: found for one, found in moments.items() if found})

    def _hear(self) -> None:
        """Past the unit of work too: a portion may be about hundreds of channels."""
        bulk.change(self.session, Channel, [{"id": one.id, "last_inbound_at": at} for one, at in self.heard.items()])
        for channel in self.heard:
            self.session.expire(channel, ["last_inbound_at"])

    def _follow(self, keys: Sequence[Key], now: datetime) -> None:
        """Messages with files."""
        if keys:
            found = self.session.scalars(_rows_of(Message, "channel_id", "mid"), bulk.parameters(_mids(keys)))
            keeping.follow(self.session, found.all(), now)

    def _count(self, ids: Sequence[int]) -> None:
        if ids:
            wanted = bulk.parameters([{"id": one} for one in ids])
            for conversation in self.session.scalars(_rows_of(Conversation, "id"), wanted):
                conversation.counts_waiting()


def _row(talk: Talk, event: MessageEvent, source: Source | None) -> dict[str, Any]:
    delivery_id, heard_at = source or (None, None)
    place = {"conversation_id": talk.id, "channel_id": talk.channel_id}
    return place | row_of(event) | {"delivery_id": delivery_id, "heard_at": heard_at}


def _is_told_already(event: Event, source: Source | None, known: Known | None, new: Container[str]) -> bool:
    """Of a message that it says nothing new, of a receipt that what it is about is here."""
    if isinstance(event, MessageEvent):
        return known is not None and known.has_come_in(source)
    mid = mid_of(event)
    return not mid or known is not None or mid in new


def _known(session: Session, stories: Sequence[Story]) -> dict[Key, Known]:
    mids = ((one.key[0], mid_of(event)) for one in stories for event in one.events)
    wanted = bulk.parameters(_mids(one for one in mids if one[1]))
    rows = session.connection().execute(_these_messages(), wanted).all()
    return {(row.channel_id, row.mid): _known_of(row) for row in rows}


def _known_of(row: Row[Any]) -> Known:
    is_settled = row.direction == Direction.IN or row.send_status == SendStatus.SENT
    return Known(row.at, is_settled, (row.delivery_id, *(row.told_again or ())))


def _waited_for(session: Session, stories: Sequence[Story]) -> set[Key]:
    """Customers of whom something waits for one of these messages, or for any."""
    wanted = [
        {"channel_id": one.key[0], "contact_external_id": one.key[1], "mid": mid}
        for one in stories
        for mid in ("", *(message.mid for message in one.messages))
    ]
    rows = session.connection().execute(_what_waits(), bulk.parameters(wanted))
    return {(channel_id, contact_id) for channel_id, contact_id in rows}


def _mids(keys: Iterable[Key]) -> list[dict[str, Any]]:
    return [{"channel_id": channel_id, "mid": mid} for channel_id, mid in keys]


@bulk.once
def _these_messages() -> Select[Any]:
    asked, table = bulk.Given(Message, "channel_id", "mid"), bulk.table_of(Message)
    names = ("channel_id", "mid", "at", "direction", "send_status", "delivery_id", "told_again")
    query = select(*(table.c[name] for name in names))
    return query.select_from(asked.table).join(table, asked.is_here)


@bulk.once
def _what_waits() -> Select[Any]:
    asked, table = bulk.Given(EarlyEvent, "channel_id", "contact_external_id", "mid"), bulk.table_of(EarlyEvent)
    query = select(table.c.channel_id, table.c.contact_external_id)
    return query.select_from(asked.table).join(table, asked.is_here)


@bulk.once
def _rows_of(model: type[T], *names: str) -> Select[T]:
    asked = bulk.Given(model, *names)
    query = select(model).select_from(asked.table).join(model, asked.is_here)
    return query.execution_options(populate_existing=True)
