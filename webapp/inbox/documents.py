"""What can be found: each message, and each customer with what is known of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.core import bulk
from webapp.inbox import grams
from webapp.inbox.models import TAGGING, Contact, Conversation, Message, Tag

Part = Literal["people", "messages"]


class Document(NamedTuple):
    """A text with what it belongs to; one of the two ids is None."""

    workspace_id: int
    message_id: int | None
    contact_id: int | None
    text: str

    def entry(self) -> dict[str, Any]:
        return {"message_id": self.message_id, "contact_id": self.contact_id}

    def numbers(self) -> frozenset[int]:
        part: Part = "people" if self.message_id is None else "messages"
        return grams.numbers(space(self.workspace_id, part), self.text)


class Card(Protocol):
    """A customer, loaded or as a row."""

    @property
    def name(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def email(self) -> str: ...


def space(workspace_id: int, part: Part) -> str:
    """Workspaces do not meet in the index, so that one does not slow another down; nor do people and messages."""
    return f"{workspace_id}/{part}"


def words(numbers: Iterable[int]) -> str:
    """Grams as SQLite's full-text table takes them."""
    return " ".join(map(hex, map(0xFFFFFFFF.__and__, numbers))).replace("0x", "")


def fields(card: Card, tags: Iterable[str]) -> dict[str, str]:
    """What a customer is found by."""
    return {
        "name": card.name,
        "username": f"@{card.username}" if card.username else "",
        "tag": ", ".join(tags),
        "note": card.note,
        "phone": card.phone,
        "email": card.email,
    }


def of_messages(session: Session, ids: Collection[int]) -> list[Document]:
    return [Document(row.workspace_id, row.id, None, row.text) for row in _rows(session, _messages(), ids)]


def of_contacts(session: Session, ids: Collection[int]) -> list[Document]:
    tags = defaultdict(list)
    for row in _rows(session, _tags(), ids):
        tags[row.contact_id].append(row.name)
    made = (
        Document(row.workspace_id, None, row.id, "\n".join(filter(None, fields(row, tags[row.id]).values())))
        for row in _rows(session, _contacts(), ids)
    )
    return [one for one in made if one.text]


def _rows(session: Session, query: Select[Any], ids: Collection[int]) -> Sequence[Any]:
    return session.connection().execute(query, bulk.parameters([{"id": id} for id in ids])).all() if ids else ()


@bulk.once
def _messages() -> Select[Any]:
    asked, message, talk = bulk.Given(Message, "id"), bulk.table_of(Message), bulk.table_of(Conversation)
    query = select(message.c.id, message.c.text, talk.c.workspace_id).select_from(asked.table)
    query = query.join(message, asked.is_here).join(talk, talk.c.id == message.c.conversation_id)
    return query.where(message.c.text != "").order_by(message.c.id)


@bulk.once
def _contacts() -> Select[Any]:
    asked, contact, talk = bulk.Given(Contact, "id"), bulk.table_of(Contact), bulk.table_of(Conversation)
    query = select(contact, talk.c.workspace_id).select_from(asked.table)
    return query.join(contact, asked.is_here).join(talk, talk.c.contact_id == contact.c.id).order_by(contact.c.id)


@bulk.once
def _tags() -> Select[Any]:
    asked, tag = bulk.Given(Contact, "id"), bulk.table_of(Tag)
    query = select(TAGGING.c.contact_id, tag.c.name).select_from(asked.table)
    query = query.join(TAGGING, TAGGING.c.contact_id == asked.c.id).join(tag, tag.c.id == TAGGING.c.tag_id)
    return query.order_by(tag.c.key)
