"""A stretch in which nobody could check a channel, kept so that its history does not call it healthy."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.channels.rules import STALE_AFTER
from webapp.core.db import Model


class CheckGap(Model):
    """From the last verdict before it to the first one after it; written with the latter."""

    __tablename__ = "check_gap"
    __table_args__ = (Index("ix_check_gap_channel_ended", "channel_id", "ended_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]

    @classmethod
    def ended(cls, channel_id: int, last_verdict_at: datetime | None, now: datetime) -> list["CheckGap"]:
        """The gap that a verdict ends now; none where the last one is young enough."""
        if last_verdict_at is None or now - last_verdict_at <= STALE_AFTER:
            return []
        return [cls(channel_id=channel_id, began_at=last_verdict_at, ended_at=now)]
