"""Messages of both sides."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Person
from webapp.core.db import BigId, Model

if TYPE_CHECKING:
    from webapp.inbox.models.conversation import Conversation

_DUE = text("send_status IN ('queued', 'sending')")
_HELD = text("send_status = 'held'")
_FAILED = text("send_status = 'failed'")


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class SendStatus(StrEnum):
    """A reply's way out. HELD: written while the channel was lost, goes out after the repair.

    UNKNOWN: no answer came after sending; the echo settles it, nobody repeats it.
    """

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Message(Model):
    """One message. `mid` is Meta's id: unique in a channel, and unknown while our own reply is on its way out.

    `kind` is text, or the name of what else came (see `rules.KINDS`). `at` is when it was written; of a reply, when it
    was last put on its way. `send_at` is when a queued reply is due, and when the lease of a booked one ends.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("channel_id", "mid"),
        # The form's own key: pressing "send" twice, or reloading, is one reply.
        UniqueConstraint("conversation_id", "form_key"),
        Index("ix_message_conversation_at", "conversation_id", "at", "id"),
        Index("ix_message_due", "send_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_message_waiting", "conversation_id", "id", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_message_held", "id", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_message_failed", "channel_id", "at", sqlite_where=_FAILED, postgresql_where=_FAILED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    mid: Mapped[str | None]
    direction: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    text: Mapped[str] = mapped_column(default="")
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    reply_to_mid: Mapped[str | None]
    reaction: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    reaction_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    # Which edit it is, as Meta counts them; 0 where it does not say.
    edit_number: Mapped[int] = mapped_column(default=0, server_default="0")
    deleted_at: Mapped[datetime | None]
    # The stored delivery that brought it, and when that came; None of what no delivery brought. No key: deliveries go.
    delivery_id: Mapped[int | None] = mapped_column(BigId)
    heard_at: Mapped[datetime | None]
    # Further deliveries that hold words of it: told once more, or edited.
    told_again: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    # Only for replies written here; an echo of a reply written in the Instagram app has no author.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    form_key: Mapped[str | None]
    send_status: Mapped[str | None]
    send_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    conversation: Mapped["Conversation"] = relationship()
    author: Mapped[Person | None] = relationship(lazy="joined")

    @property
    def is_ours(self) -> bool:
        return self.direction == Direction.OUT

    @property
    def shown_kind(self) -> str:
        return "deleted" if self.deleted_at else self.kind

    @property
    def is_on_its_way(self) -> bool:
        return self.send_status in (SendStatus.QUEUED, SendStatus.SENDING)

    @property
    def deliveries(self) -> list[int]:
        """Those that hold words of it."""
        return [one for one in (self.delivery_id, *(self.told_again or ())) if one is not None]

    def came_in(self, delivery_id: int, at: datetime) -> None:
        """A delivery brought it, perhaps not the first one."""
        if self.delivery_id is None:
            self.delivery_id, self.heard_at = delivery_id, at
        self.was_told_in(delivery_id)

    def was_told_in(self, *delivery_ids: int) -> None:
        """These hold words of it, old or new."""
        further = [one for one in delivery_ids if one not in self.deliveries]
        if further:
            self.told_again = [*(self.told_again or ()), *further]

    def queue(self, now: datetime) -> None:
        """Put it on its way; it counts as written now."""
        self.send_status, self.send_at, self.at = SendStatus.QUEUED, now, now
        self.tries, self.problem = 0, None

    def hold(self, now: datetime) -> None:
        """Keep it until the channel is repaired."""
        self.send_status, self.send_at, self.at = SendStatus.HELD, None, now

    def queue_again(self, when: datetime) -> None:
        self.send_status, self.send_at = SendStatus.QUEUED, when

    def was_sent(self) -> None:
        self.send_status, self.send_at, self.problem = SendStatus.SENT, None, None

    def has_failed(self, problem: dict[str, Any]) -> None:
        self.send_status, self.send_at, self.problem = SendStatus.FAILED, None, problem

    def is_lost_sight_of(self) -> None:
        self.send_status, self.send_at = SendStatus.UNKNOWN, None

    def react(self, emoji: str, *, at: datetime) -> None:
        """The customer's reaction, empty when it was taken back. However they come in, the latest stays."""
        if self.reaction_at is None or (at, emoji) > (self.reaction_at, self.reaction):
            self.reaction, self.reaction_at = emoji, at

    def edit(self, text: str, *, number: int, at: datetime) -> None:
        """New words. However they come in, the latest stay."""
        if self.edited_at is None or (number, at, text) > (self.edit_number, self.edited_at, self.text):
            self.text, self.edit_number, self.edited_at = text, number, at

    def remove_content(self, at: datetime) -> None:
        """The writer took it back: nothing of it stays."""
        self.deleted_at = at
        self.text, self.attachments, self.reaction, self.reply_to_mid = "", [], "", None
        self.reaction_at = self.edited_at = None
        self.edit_number = 0
