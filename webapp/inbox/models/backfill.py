"""Fetching from Meta what did not reach us, as a row that survives whoever works on it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.channels.models import Channel
from webapp.core.db import Model

_DUE = text("due_at IS NOT NULL")


class Reason(StrEnum):
    """REPAIR closes the gap of an incident, HISTORY is asked for by a member, LOOK by the diagnosis."""

    REPAIR = "repair"
    HISTORY = "history"
    LOOK = "look"


class Backfill(Model):
    """A walk through a channel's conversations at Meta, latest activity first, down to `since` (None: all).

    `due_at` is when the next portion is due, and when the lease of a portion under way ends; None: it has ended.
    `after` is the cursor of the next page, `problem` why it ended early.
    """

    __tablename__ = "backfill"
    __table_args__ = (
        Index("ix_backfill_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_backfill_channel", "channel_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    # An incident's gap is closed once.
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id", ondelete="SET NULL"), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reason: Mapped[str]
    since: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    page_size: Mapped[int]
    after: Mapped[str] = mapped_column(default="")
    conversations: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    channel: Mapped[Channel] = relationship()

    @property
    def is_under_way(self) -> bool:
        return self.ended_at is None

    def ends(self, now: datetime, problem: dict[str, Any] | None = None) -> None:
        self.due_at, self.ended_at, self.problem = None, now, problem


class Fetched(Model):
    """What one backfill brought into one conversation: the line that its thread shows.

    `is_cut`: Meta gives no more than the newest messages, and there may have been earlier ones.
    """

    __tablename__ = "fetched"
    __table_args__ = (
        UniqueConstraint("backfill_id", "conversation_id"),
        Index("ix_fetched_conversation", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    backfill_id: Mapped[int] = mapped_column(ForeignKey("backfill.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    is_cut: Mapped[bool] = mapped_column(default=False)

    backfill: Mapped[Backfill] = relationship(lazy="joined")

    @property
    def at(self) -> datetime:
        """Its place in the thread: above what it tells of."""
        return self.first_at
