"""Files that came with messages or go out with them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model

_DUE = text("due_at IS NOT NULL")


class MediaState(StrEnum):
    """WAITING to be fetched from Meta; KEPT; GONE at Meta before we had it; FOREIGN: not ours to fetch, or too large;
    REMOVED: its writer took it back, the file is being deleted."""

    WAITING = "waiting"
    KEPT = "kept"
    GONE = "gone"
    FOREIGN = "foreign"
    REMOVED = "removed"


class Media(Model):
    """The file behind one attachment of a message (`position` in its list), named by the digest of its bytes.

    `mime` is what the bytes are, whatever anybody calls them. `due_at`: when to fetch or delete it, and when the lease
    of who does so ends. `remote_id` is Meta's id of a file that we uploaded.
    """

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("message_id", "position"),
        Index("ix_media_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_media_digest", "digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # No cascade from the message: a row outlives it until its file is deleted.
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default=MediaState.WAITING)
    due_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(default="")
    mime: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(default="")
    remote_id: Mapped[str] = mapped_column(default="")

    def keep(self, digest: str, mime: str, size: int) -> None:
        self.state, self.due_at = MediaState.KEPT, None
        self.digest, self.mime, self.size = digest, mime, size

    def settle(self, state: MediaState) -> None:
        self.state, self.due_at = state, None

    def remove(self, now: datetime) -> None:
        self.state, self.due_at = MediaState.REMOVED, now
