"""A customer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Model
from webapp.inbox.models.tag import TAGGING, Tag

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
    # What colleagues know and Meta does not tell.
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")

    tags: Mapped[list[Tag]] = relationship(secondary=TAGGING, order_by=Tag.key, lazy="select")

    @property
    def label(self) -> str:
        """The best name we have; a customer whose profile Meta does not show is known by the end of the id."""
        return self.name or (f"@{self.username}" if self.username else f"#{self.external_id[-6:]}")
