"""Rounds of the hourly sweep."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model


class Round(Model):
    """One hour's sweep over every channel that was due; all processes add to the same row's counts."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The hour (or the press of "run now") that it belongs to: two processes cannot open it twice.
    name: Mapped[str] = mapped_column(unique=True)
    began_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    checked: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    healed: Mapped[int] = mapped_column(default=0)
    no_verdict: Mapped[int] = mapped_column(default=0)
    requests: Mapped[int] = mapped_column(default=0)
