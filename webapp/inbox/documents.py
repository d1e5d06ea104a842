"""What can be found: each message, and each customer with what is known of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload, selectinload

from webapp.inbox import grams
from webapp.inbox.models import Contact, Conversation, Message

Part = Literal["people", "messages"]


@dataclass(frozen=True, slots=True)
class Document:
    """A text with what it belongs to; one of the two ids is None."""

    workspace_id: int
    conversation_id: int
    text: str
    message_id: int | None = None
    contact_id: int | None = None

    def entry(self) -> dict[str, Any]:
        return {
            "conversation_id": self.conversation_id,
            "message_id": self.message_id,
            "contact_id": self.contact_id,
        }

    def numbers(self) -> frozenset[int]:
        part: Part = "people" if self.message_id is None else "messages"
        return grams.numbers(space(self.workspace_id, part), self.text)


def space(workspace_id: int, part: Part) -> str:
    """Workspaces do not meet in the index, so that one does not slow another down; nor do people and messages."""
    return f"{workspace_id}/{part}"


def words(numbers: Iterable[int]) -> str:
    """Grams as SQLite's full-text table takes them."""
    return " ".join(format(number & 0xFFFFFFFF, "x") for number in numbers)


def fields(contact: Contact) -> dict[str, str]:
    """What a customer is found by."""
    return {
        "name": contact.name,
        "username": f"@{contact.username}" if contact.username else "",
        "tag": ", ".join(tag.name for tag in contact.tags),
        "note": contact.note,
        "phone": contact.phone,
        "email": contact.email,
    }


def known(contact: Contact) -> str:
    return "\n".join(filter(None, fields(contact).values()))


def of_messages(session: Session, ids: Collection[int]) -> list[Document]:
    found = session.execute(
        select(Message.id, Message.text, Message.conversation_id, Conversation.workspace_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id.in_(ids), Message.text != "")
        .order_by(Message.id)
    )
    return [Document(row.workspace_id, row.conversation_id, row.text, message_id=row.id) for row in found]


def of_contacts(session: Session, ids: Collection[int]) -> list[Document]:
    if not ids:
        return []
    found = session.execute(
        select(Contact, Conversation.id, Conversation.workspace_id)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Contact.id.in_(ids))
        .order_by(Contact.id)
        .options(lazyload("*"), selectinload(Contact.tags))
        .execution_options(populate_existing=True)
    )
    made = [
        Document(workspace_id, conversation_id, known(contact), contact_id=contact.id)
        for contact, conversation_id, workspace_id in found
    ]
    return [one for one in made if one.text]
