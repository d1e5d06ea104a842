"""The envelope: object, entries, and the three arrays in which events come."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from webapp.inbox.events import DeliveredEvent, Event, ReactionEvent, ReadEvent
from webapp.meta.values import Json, a_list, a_moment, a_text, an_id, an_object
from webapp.webhooks.rules.hints import NOBODY, OBJECTS, read_hints
from webapp.webhooks.rules.ignored import speaks_of_the_page
from webapp.webhooks.rules.messages import read_edit, read_message, read_postback

PLATFORMS = {"instagram": "instagram", "page": "messenger"}

# Fields whose `changes` hold an event in the messaging form; all others are about posts and settings.
MESSAGING_FIELDS = frozenset(
    {
        "messages",
        "message_echoes",
        "message_edits",
        "message_edit",
        "message_reactions",
        "message_reads",
        "message_deliveries",
        "messaging_postbacks",
        "messaging_seen",
        "standby",
    }
)


class Unreadable(Exception):
    """Signed by Meta, but nothing that could be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened at one account. `account_id` is the Instagram account's or the Page's id.

    `standby`: it came only for us to listen, while another app answers.
    """

    account_id: str
    events: tuple[Event, ...]
    standby: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """`platform` is None for objects that are not about messages (permissions, user …).

    `hints` are the ids whose check should come at once: those that such an object names, and Pages that Meta says
    something about.
    """

    platform: str | None
    entries: tuple[Entry, ...]
    hints: frozenset[str] = frozenset()


def read(body: bytes, received_at: datetime) -> Delivered:
    """Everything a delivery tells, oldest form or newest; raises Unreadable and nothing else."""
    envelope = _envelope(body)
    about = a_text(envelope.get("object"))
    platform = PLATFORMS.get(about)
    if platform is None:
        return Delivered(None, (), read_hints(envelope) if about in OBJECTS else frozenset())
    entries = [an_object(one) for one in a_list(envelope.get("entry"))]
    hints = frozenset(an_id(one.get("id")) for one in entries if speaks_of_the_page(one)) - NOBODY
    return Delivered(platform, tuple(_entry(one, received_at) for one in entries), hints)


def _envelope(body: bytes) -> Json:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(envelope, dict):
        raise Unreadable("not an object")
    return envelope


def _entry(entry: Json, received_at: datetime) -> Entry:
    account_id = an_id(entry.get("id"))
    sent_at = a_moment(entry.get("time"), received_at) or received_at
    events = []
    for item in items(entry):
        event = _event(account_id, item, sent_at, received_at)
        if event is not None:
            events.append(event)
    standby = bool(a_list(entry.get("standby"))) and not a_list(entry.get("messaging"))
    return Entry(account_id, tuple(events), standby)


def items(entry: Json) -> Iterator[Json]:
    """`standby` holds the same as `messaging`, while another app answers; `changes` wraps it."""
    for form in ("messaging", "standby"):
        yield from (an_object(one) for one in a_list(entry.get(form)))
    for change in (an_object(one) for one in a_list(entry.get("changes"))):
        if a_text(change.get("field")) in MESSAGING_FIELDS:
            yield an_object(change.get("value"))


def _event(account_id: str, item: Json, sent_at: datetime, received_at: datetime) -> Event | None:
    sender = an_id(an_object(item.get("sender")).get("id"))
    recipient = an_id(an_object(item.get("recipient")).get("id"))
    contact_id = recipient if sender == account_id else sender
    # Without a customer there is no conversation; a note to oneself is none either.
    if not contact_id or contact_id == account_id:
        return None
    at = a_moment(item.get("timestamp"), received_at) or sent_at
    for name, reader in READERS.items():
        if isinstance(item.get(name), dict):
            return reader(contact_id, at, an_object(item[name]))
    return None


def _reaction(contact_id: str, at: datetime, reaction: Json) -> Event | None:
    mid = an_id(reaction.get("mid"))
    taken_back = a_text(reaction.get("action")) == "unreact"
    emoji = a_text(reaction.get("emoji")) or a_text(reaction.get("reaction"))
    return ReactionEvent(contact_id, at, mid, "" if taken_back else emoji[:40]) if mid else None


def _read(contact_id: str, at: datetime, seen: Json) -> Event:
    """Instagram names the message, Messenger a watermark."""
    return ReadEvent(contact_id, a_moment(seen.get("watermark"), at) or at, an_id(seen.get("mid")) or None)


def _delivery(contact_id: str, at: datetime, delivery: Json) -> Event:
    return DeliveredEvent(contact_id, a_moment(delivery.get("watermark"), at) or at)


# What is not here, and why: ignored.py.
READERS: dict[str, Callable[[str, datetime, Json], Event | None]] = {
    "message": read_message,
    "message_edit": read_edit,
    "reaction": _reaction,
    "postback": read_postback,
    "read": _read,
    "delivery": _delivery,
}
