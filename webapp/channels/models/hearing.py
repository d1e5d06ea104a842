"""When Meta last spoke to us: about each channel, and with a signature that was not Meta's."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import BigId, Model


class Hearing(Model):
    """The last signed delivery about a channel. One row a channel, written while its channel is locked.

    `delivery_id` names the stored delivery. `standby_at` is when one last came the way that is for listeners only,
    `direct_at` when one last came as to the app that answers: whichever is later tells who does. `listened_to` is
    Meta's id of the customer whom the last one for listeners was about.
    """

    __tablename__ = "hearing"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(BigId)
    heard_at: Mapped[datetime]
    standby_at: Mapped[datetime | None]
    direct_at: Mapped[datetime | None]
    listened_to: Mapped[str] = mapped_column(default="")

    @classmethod
    def begun(cls, channel_id: int, delivery_id: int, *, at: datetime) -> "Hearing":
        return cls(channel_id=channel_id, delivery_id=delivery_id, heard_at=at, listened_to="")

    def hear(self, delivery_id: int, *, at: datetime, standby: bool, contact_id: str = "") -> None:
        """Deliveries may be handled late and out of order: the latest one stays."""
        if at >= self.heard_at:
            self.delivery_id, self.heard_at = delivery_id, at
        if standby:
            if contact_id and at >= (self.standby_at or at):
                self.listened_to = contact_id
            self.standby_at = max(at, self.standby_at or at)
        else:
            self.direct_at = max(at, self.direct_at or at)


class SignatureFailure(Model):
    """The last delivery that was refused for its signature. One row: whom it was about cannot be believed."""

    __tablename__ = "signature_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    failed_at: Mapped[datetime]
    was_missing: Mapped[bool]
