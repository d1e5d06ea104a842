"""Rounds of the hourly sweep, and how Meta and our app get on."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.db import Model
from webapp.scheduler.rules import SLOW_FROM


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


class MetaState(Model):
    """How Meta and our app get on: one row, so that all processes know.

    `usage` is percent of the app's limits, `wait_until` the end of a pause in which nobody sweeps. An episode of
    trouble begins with `failing_since`; people hear of it from `declared_at` on, when enough checks have failed.
    """

    __tablename__ = "meta_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    usage: Mapped[int] = mapped_column(default=0)
    wait_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    failed: Mapped[int] = mapped_column(default=0)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    declared_at: Mapped[datetime | None]

    @property
    def is_well(self) -> bool:
        """Whether nothing speaks against asking as much as can be asked."""
        return self.failing_since is None and self.usage < SLOW_FROM

    def is_paused(self, now: datetime) -> bool:
        return self.wait_until is not None and self.wait_until > now

    def fail(self, reason: str, evidence: dict[str, Any], began: datetime) -> None:
        self.failing_since = self.failing_since or began
        self.reason = reason
        self.evidence = evidence or self.evidence

    def recover(self) -> None:
        self.failing_since = self.declared_at = None
        self.failed, self.reason, self.evidence = 0, "", {}
