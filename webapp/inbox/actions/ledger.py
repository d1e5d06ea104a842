"""What is known about the things that events speak of: read in bulk, locked, and kept up to date while writing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, lazyload

from webapp.channels.models import Channel
from webapp.inbox.events import (
    DeletedEvent,
    DeliveredEvent,
    EditedEvent,
    Event,
    MessageEvent,
    ReactionEvent,
    ReadEvent,
)
from webapp.inbox.models import Contact, Conversation, EarlyEvent, Message, State
from webapp.inbox.models.early import EarlyKind


class Source(NamedTuple):
    """The stored delivery that tells something, and when it came."""

    delivery_id: int
    at: datetime


class Happening(NamedTuple):
    """An event of a channel; without `source`: no delivery tells it."""

    channel: Channel
    event: Event
    source: Source | None = None


class Spoken(NamedTuple):
    """A stored delivery, and the message of which it holds words."""

    delivery_id: int
    mid: str


# Everything but a message: it can come before the message that it is about.
Remark = DeletedEvent | EditedEvent | ReactionEvent | ReadEvent | DeliveredEvent
Key = tuple[int, str]


class Ledger:
    """Three reads for any number of events. Conversations are locked in one order, messages after them."""

    def __init__(self, session: Session, happenings: Sequence[Happening], *, is_news: bool) -> None:
        self.session = session
        self.is_news = is_news
        channels = {one.channel.id for one in happenings}
        contacts = {one.event.contact_id for one in happenings}
        mids = {mid_of(one.event) for one in happenings} - {""}
        self.talks = self._talks(channels, contacts)
        self.messages = self._messages(channels, mids)
        self.early = self._early(channels, contacts, mids | {""})
        self.newcomers: list[Contact] = []
        # Conversations that heard of a message after a later one.
        self.overtaken: set[Conversation] = set()
        # Words of messages that were taken back.
        self.taken_back: list[Spoken] = []

    def talk(self, channel: Channel, contact_id: str) -> Conversation | None:
        return self.talks.get((channel.id, contact_id))

    def message(self, channel: Channel, mid: str) -> Message | None:
        return self.messages.get((channel.id, mid))

    def open_talk(self, channel: Channel, event: MessageEvent, now: datetime) -> Conversation:
        """A customer whom we did not know. The channel is locked, so nobody else opens the same one."""
        contact = Contact(channel_id=channel.id, external_id=event.contact_id, first_at=event.at, profile_due_at=now)
        made = Conversation(
            workspace_id=channel.workspace_id,
            channel=channel,
            contact=contact,
            state=State.OPEN,
            latest_at=event.at,
            unread=0,
            revision=1,
        )
        self.session.add(made)
        self.talks[channel.id, event.contact_id] = made
        self.newcomers.append(contact)
        return made

    def forget(self, mid: str, deliveries: Iterable[int]) -> None:
        self.taken_back += [Spoken(one, mid) for one in deliveries]

    def wait(self, happening: Happening, now: datetime) -> None:
        """Keep what came too early. Of one kind the later stays, and nothing of a message that was taken back."""
        new, channel, event = _early(happening, now), happening.channel, happening.event
        waiting = self.early[channel.id, event.contact_id]
        alike = {EarlyKind(one.kind): one for one in waiting if one.mid == new.mid}
        if new.kind in _CONTENT and EarlyKind.DELETED in alike:
            self.forget(new.mid, new.told_again or ())
            return
        if new.kind == EarlyKind.DELETED:
            gone = [one for kind, one in alike.items() if kind in _CONTENT]
            self.forget(new.mid, [delivery for one in gone for delivery in one.told_again or ()])
            self._forget(waiting, gone)
        old = alike.get(EarlyKind(new.kind))
        if old is None:
            waiting.append(new)
            self.session.add(new)
        else:
            old.meets(new)

    def arrived(self, channel: Channel, contact_id: str, mid: str) -> list[EarlyEvent]:
        """What waited for this message (or, with an empty mid, for this customer); it no longer waits."""
        waiting = self.early[channel.id, contact_id]
        found = [one for one in waiting if one.mid == mid]
        self._forget(waiting, found)
        return found

    def _forget(self, waiting: list[EarlyEvent], gone: list[EarlyEvent]) -> None:
        for one in gone:
            waiting.remove(one)
            if one in self.session.new:
                self.session.expunge(one)
            else:
                self.session.delete(one)

    def _talks(self, channels: Iterable[int], contacts: Iterable[str]) -> dict[Key, Conversation]:
        found = self.session.scalars(
            select(Conversation)
            .join(Conversation.contact)
            .where(Conversation.channel_id.in_(channels), Contact.external_id.in_(contacts))
            .where(Contact.channel_id.in_(channels))
            .options(lazyload("*"), joinedload(Conversation.contact))
            .order_by(Conversation.id)
            .with_for_update(of=Conversation, key_share=True)
            .execution_options(populate_existing=True)
        )
        return {(one.channel_id, one.contact.external_id): one for one in found}

    def _messages(self, channels: Iterable[int], mids: set[str]) -> dict[Key, Message]:
        if not mids:
            return {}
        found = self.session.scalars(
            select(Message)
            .where(Message.channel_id.in_(channels), Message.mid.in_(mids))
            .options(lazyload("*"))
            .order_by(Message.id)
            .with_for_update(of=Message, key_share=True)
            .execution_options(populate_existing=True)
        )
        return {(one.channel_id, one.mid or ""): one for one in found}

    def _early(
        self, channels: Iterable[int], contacts: Iterable[str], mids: Iterable[str]
    ) -> defaultdict[Key, list[EarlyEvent]]:
        waiting: defaultdict[Key, list[EarlyEvent]] = defaultdict(list)
        for one in self.session.scalars(
            select(EarlyEvent).where(
                EarlyEvent.channel_id.in_(channels),
                EarlyEvent.contact_external_id.in_(contacts),
                EarlyEvent.mid.in_(mids),
            )
        ):
            waiting[one.channel_id, one.contact_external_id].append(one)
        return waiting


def mid_of(event: Event) -> str:
    """The message that an event is about, empty when it is about the whole conversation."""
    return "" if isinstance(event, DeliveredEvent) else event.mid or ""


def remark_of(early: EarlyEvent) -> Remark:
    """The event as it came."""
    contact, at, mid = early.contact_external_id, early.at, early.mid
    match EarlyKind(early.kind):
        case EarlyKind.DELETED:
            return DeletedEvent(contact, at, mid)
        case EarlyKind.EDITED:
            return EditedEvent(contact, at, mid, early.text, early.number)
        case EarlyKind.REACTION:
            return ReactionEvent(contact, at, mid, early.text)
        case EarlyKind.READ:
            return ReadEvent(contact, at, mid or None)
        case EarlyKind.DELIVERED:
            return DeliveredEvent(contact, at)


_KINDS: dict[type, EarlyKind] = {
    DeletedEvent: EarlyKind.DELETED,
    EditedEvent: EarlyKind.EDITED,
    ReactionEvent: EarlyKind.REACTION,
    ReadEvent: EarlyKind.READ,
    DeliveredEvent: EarlyKind.DELIVERED,
}

_CONTENT = (EarlyKind.EDITED, EarlyKind.REACTION)


def _early(happening: Happening, now: datetime) -> EarlyEvent:
    event, source = happening.event, happening.source
    made = EarlyEvent(
        channel_id=happening.channel.id,
        contact_external_id=event.contact_id,
        mid=mid_of(event),
        kind=_KINDS[type(event)],
        at=event.at,
        text="",
        number=0,
        heard_at=now,
    )
    if isinstance(event, EditedEvent):
        made.text, made.number = event.text, event.number
        made.told_again = [source.delivery_id] if source else None
    elif isinstance(event, ReactionEvent):
        made.text = event.emoji
    return made
