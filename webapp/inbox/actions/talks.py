"""Conversations by the thousand, past the unit of work: read in one statement, written in few."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import bulk, db
from webapp.inbox.models import Contact, Conversation, ConversationEvent, State
from webapp.inbox.models.standing import Standing

Key = tuple[int, str]

_STANDING = (
    *("state", "assignee_id", "latest_at", "latest_text", "latest_kind", "latest_is_ours", "last_inbound_at"),
    *("waiting_since", "read_until", "delivered_until", "unread", "revision"),
)


@dataclass(slots=True, eq=False)
class Talk(Standing):
    """A conversation and its customer (`external_id`), with the fields of their rows; a new one has no ids yet (0).

    `lines` are new ones of its log; `is_older`: its customer wrote earlier than we knew.
    """

    workspace_id: int
    channel_id: int
    external_id: str
    first_at: datetime
    contact_id: int
    id: int
    state: str
    assignee_id: int | None
    latest_at: datetime
    latest_text: str = ""
    latest_kind: str = "text"
    latest_is_ours: bool = False
    last_inbound_at: datetime | None = None
    waiting_since: datetime | None = None
    read_until: datetime | None = None
    delivered_until: datetime | None = None
    unread: int = 0
    revision: int = 1
    is_older: bool = False
    lines: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def opened(cls, channel: Channel, external_id: str, at: datetime) -> "Talk":
        return cls(channel.workspace_id, channel.id, external_id, at, 0, 0, State.OPEN, None, at)

    def began(self, at: datetime) -> None:
        if at < self.first_at:
            self.first_at, self.is_older = at, True

    def standing(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _STANDING}

    def _log(
        self, action: str, person: Person | None, now: datetime, *, to_id: int | None = None, subject: str = ""
    ) -> None:
        by = person.id if person else None
        self.lines.append({"at": now, "action": action, "person_id": by, "to_id": to_id, "subject": subject})
        self.touch()


def read(session: Session, keys: Iterable[Key]) -> dict[Key, Talk]:
    """The conversations of these (channel, customer), locked in one order."""
    wanted = [{"channel_id": channel_id, "external_id": customer} for channel_id, customer in keys]
    found = session.connection().execute(_of_customers(), bulk.parameters(wanted)).all()
    return {(row[1], row[2]): Talk(*row) for row in found}


def write(session: Session, talks: Sequence[Talk], now: datetime) -> None:
    """As they stand. New ones have their ids afterwards, and the profiles of new customers are asked for."""
    new, old = [one for one in talks if not one.id], [one for one in talks if one.id]
    bulk.change(session, Conversation, [{"id": one.id} | one.standing() for one in old])
    bulk.change(session, Contact, [{"id": one.contact_id, "first_at": one.first_at} for one in old if one.is_older])
    _open(session, new, now)
    lines = [{"conversation_id": one.id} | line for one in talks for line in one.lines]
    bulk.add(session, ConversationEvent, lines)


def _open(session: Session, talks: Sequence[Talk], now: datetime) -> None:
    """Their channels are locked, so nobody else opens the same ones."""
    contacts = bulk.add(session, Contact, [_contact(one, now) for one in talks], "channel_id", "external_id", "id")
    contact_ids = {(row.channel_id, row.external_id): row.id for row in contacts}
    for one in talks:
        one.contact_id = contact_ids[one.channel_id, one.external_id]
        db.ring_after_commit("inbox.profile", one.contact_id)
    made = bulk.add(session, Conversation, [_conversation(one) for one in talks], "contact_id", "id")
    ids = {row.contact_id: row.id for row in made}
    for one in talks:
        one.id = ids[one.contact_id]


def _contact(talk: Talk, now: datetime) -> dict[str, Any]:
    own = {"channel_id": talk.channel_id, "external_id": talk.external_id}
    return own | {"first_at": talk.first_at, "profile_due_at": now}


def _conversation(talk: Talk) -> dict[str, Any]:
    own = {"workspace_id": talk.workspace_id, "channel_id": talk.channel_id, "contact_id": talk.contact_id}
    return own | talk.standing()


@bulk.once
def _of_customers() -> Select[Any]:
    asked, contact, talk = (
        bulk.Given(Contact, "channel_id", "external_id"),
        bulk.table_of(Contact),
        bulk.table_of(Conversation),
    )
    return (
        select(talk.c.workspace_id, contact.c.channel_id, contact.c.external_id, contact.c.first_at, contact.c.id)
        .add_columns(talk.c.id, *(talk.c[name] for name in _STANDING))
        .select_from(asked.table)
        .join(contact, asked.is_here)
        .join(talk, and_(talk.c.channel_id == contact.c.channel_id, talk.c.contact_id == contact.c.id))
        .order_by(talk.c.id)
        .with_for_update(of=talk, key_share=True)
    )
