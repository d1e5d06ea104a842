"""A link with which somebody without an account here reauthorises one channel, once."""

from datetime import timedelta

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import OneTimeLink, Person, Workspace
from webapp.channels.models.channel import Channel
from webapp.core.db import Model

LIFE = timedelta(hours=72)


class RepairLink(OneTimeLink, Model):
    """Made by a member for somebody who has none of the console but the right Facebook login. `address` is where it was
    mailed, if it was."""

    __tablename__ = "repair_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(default="")

    workspace: Mapped[Workspace] = relationship()
    channel: Mapped[Channel] = relationship()
    created_by: Mapped[Person | None] = relationship()

    @property
    def is_moot(self) -> bool:
        """A channel that was disconnected, or whose Facebook user nobody knows any more, has nothing to repair."""
        return not self.channel.is_held or self.channel.grant_id is None
