"""What Meta told us, as it came."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import BigId, Model

_WAITING = text("handled_at IS NULL")


class Delivery(Model):
    """A signed delivery, stored before it is answered and handled afterwards.

    `digest` is the SHA-256 of the raw bytes: Meta repeats deliveries, the same bytes are one row. A delivery that
    could not be handled waits with its `problem` and is tried again; the others pass it.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_due", "next_try_at", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(index=True)
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="")
