"""How quiet a channel usually is, and whether it is unusually quiet now. A notice, never a status, and never a mail."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.channels.models.channel import Channel
from webapp.channels.status import Status
from webapp.core.db import Model


class Quiet(Model):
    """One row a channel. `rhythm` is what was learnt from its history, None while that says too little.

    `since` is the last sign of life before a silence that became unusual; it is over as soon as a message is newer,
    whether or not anybody has looked again. `missed` is how many conversations usually begin in that time.
    """

    __tablename__ = "quiet"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True)
    look_at: Mapped[datetime] = mapped_column(index=True)
    learnt_at: Mapped[datetime | None]
    rhythm: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    since: Mapped[datetime | None]
    missed: Mapped[int] = mapped_column(default=0)
    # Asked to be left alone: until a moment, or for as long as the silence that began then lasts.
    snoozed_until: Mapped[datetime | None]
    hushed_since: Mapped[datetime | None]

    def is_shown(self, channel: Channel, now: datetime) -> bool:
        if self.since is None or channel.status != Status.CONNECTED or self.hushed_since == self.since:
            return False
        if self.snoozed_until is not None and now < self.snoozed_until:
            return False
        return channel.last_inbound_at is None or channel.last_inbound_at <= self.since

    def is_unusual(self, since: datetime, missed: int) -> bool:
        """Say that the silence since then is unusual. Returns whether that is news."""
        is_news = self.since != since
        self.since, self.missed = since, missed
        return is_news

    def is_over(self) -> bool:
        """Say that nothing is unusual. Returns whether that is news."""
        was = self.since is not None
        self.since, self.missed = None, 0
        return was
