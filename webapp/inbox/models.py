"""Contacts, conversations and messages."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core.db import Model

_DUE = text("send_status IN ('queued', 'sending')")


class State(StrEnum):
    """待處理, 處理中, 已結束."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class SendStatus(StrEnum):
    """A reply's way out. UNKNOWN: no answer came after sending; the echo settles it, nobody repeats it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Contact(Model):
    """A customer as one channel knows them: `external_id` is scoped to the account (IGSID or PSID)."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel_id", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    external_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    username: Mapped[str] = mapped_column(default="")
    picture_url: Mapped[str] = mapped_column(default="")
    profile_at: Mapped[datetime | None]
    first_at: Mapped[datetime]

    @property
    def label(self) -> str:
        """The best name we have; a customer whose profile Meta does not show is known by the end of the id."""
        return self.name or (f"@{self.username}" if self.username else f"#{self.external_id[-6:]}")


class Conversation(Model):
    """A channel's thread with one contact. `revision` goes up with everything that a thread shows."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("channel_id", "contact_id"),
        Index("ix_conversation_workspace_latest", "workspace_id", "latest_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(default=State.OPEN)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    latest_at: Mapped[datetime]
    latest_text: Mapped[str] = mapped_column(default="")
    last_inbound_at: Mapped[datetime | None]
    unread: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)

    channel: Mapped[Channel] = relationship(lazy="joined")
    contact: Mapped[Contact] = relationship(lazy="joined")
    assignee: Mapped[Person | None] = relationship(lazy="joined")


class Message(Model):
    """One message. `mid` is Meta's id: unique in a channel, and unknown while our own reply is on its way out.

    `kind` is text, or the name of what else came (image, story_mention, unsupported …).
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("channel_id", "mid"),
        Index("ix_message_conversation_at", "conversation_id", "at", "id"),
        Index("ix_message_due", "send_at", sqlite_where=_DUE, postgresql_where=_DUE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    mid: Mapped[str | None]
    direction: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    text: Mapped[str] = mapped_column(default="")
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    # Only for replies written here; an echo of a reply written in the Instagram app has no author.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    # The form's own key: pressing "send" twice, or reloading, is one reply.
    form_key: Mapped[str | None] = mapped_column(unique=True)
    send_status: Mapped[str | None]
    send_at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    conversation: Mapped[Conversation] = relationship()
    author: Mapped[Person | None] = relationship(lazy="joined")


class ConversationEvent(Model):
    """A line in the conversation's log: taken, transferred, closed, reopened."""

    __tablename__ = "conversation_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    action: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    person: Mapped[Person | None] = relationship(lazy="joined")
