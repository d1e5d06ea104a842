"""A customer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model

_DUE = text("profile_due_at IS NOT NULL")


class Contact(Model):
    """A customer as one channel knows them: `external_id` is scoped to the account (IGSID or PSID).

    Name and picture come later or never: `profile_due_at` says when to ask Meta for them.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("channel_id", "external_id"),
        Index("ix_contact_profile_due", "profile_due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    external_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    username: Mapped[str] = mapped_column(default="")
    picture_url: Mapped[str] = mapped_column(default="")
    profile_at: Mapped[datetime | None]
    profile_due_at: Mapped[datetime | None]
    first_at: Mapped[datetime]

    @property
    def label(self) -> str:
        """The best name we have; a customer whose profile Meta does not show is known by the end of the id."""
        return self.name or (f"@{self.username}" if self.username else f"#{self.external_id[-6:]}")
