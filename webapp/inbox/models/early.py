"""Events that came before what they are about."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model


class EarlyKind(StrEnum):
    DELETED = "deleted"
    EDITED = "edited"
    REACTION = "reaction"
    READ = "read"
    DELIVERED = "delivered"


class EarlyEvent(Model):
    """Waits for the message `mid`, or, where that is empty, for the first message of this customer.

    Of two of one kind the one that counts stays. Most wait for messages from before the channel was connected, in
    vain: they are purged after a while.
    """

    __tablename__ = "early_event"
    __table_args__ = (UniqueConstraint("channel_id", "contact_external_id", "mid", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    contact_external_id: Mapped[str]
    mid: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    # Of an edit the words and which edit it is; of a reaction the emoji.
    text: Mapped[str] = mapped_column(default="")
    number: Mapped[int] = mapped_column(default=0)
    # Deliveries that hold such words.
    told_again: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    heard_at: Mapped[datetime] = mapped_column(index=True)

    def meets(self, other: "EarlyEvent") -> None:
        """Of two of one kind the later counts; where words were told is known of both."""
        if (other.number, other.at, other.text) > (self.number, self.at, self.text):
            self.number, self.at, self.text = other.number, other.at, other.text
        told = dict.fromkeys([*(self.told_again or ()), *(other.told_again or ())])
        self.told_again = list(told) or None
