"""A link with which somebody without an account here reauthorises one channel, once."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Person, Workspace
from webapp.channels.models.channel import Channel
from webapp.core.db import Model

LIFE = timedelta(hours=72)


class LinkState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class RepairLink(Model):
    """Made by a member for somebody who has none of the console but the right Facebook login.

    The token stands in the link alone; we know it by its fingerprint. `address` is where it was mailed, if it was.
    """

    __tablename__ = "repair_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    workspace: Mapped[Workspace] = relationship()
    channel: Mapped[Channel] = relationship()
    created_by: Mapped[Person | None] = relationship()

    def state(self, now: datetime) -> LinkState:
        """Used comes first: whoever used it is told so, whatever happened afterwards.

        A channel that was disconnected, or whose Facebook user nobody knows any more, has nothing to repair.
        """
        if self.used_at is not None:
            return LinkState.USED
        if self.revoked_at is not None or not self.channel.is_held or self.channel.grant_id is None:
            return LinkState.REVOKED
        return LinkState.EXPIRED if now >= self.expires_at else LinkState.OPEN
