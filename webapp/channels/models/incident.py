"""A failure episode, and who was told of it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Person
from webapp.channels.rules import MAILED, Verdict
from webapp.core.db import Model
from webapp.mail.models import OutgoingMail

# A mail waits this long, so that accounts that fail in the same minute share it.
GATHER = timedelta(seconds=10)
_OPEN = text("closed_at IS NULL")
_UNSETTLED = text("closed_at IS NULL AND NOT settled")

# Who closed an incident that was taken back, because too many failed alike for it to be the account's own.
DOUBT = "doubt"


class Told(StrEnum):
    """What became of telling somebody. What became of a mail that was written is in the outbox."""

    WRITTEN = "written"
    NO_ADDRESS = "no_address"
    PLAN_ENDED = "plan_ended"
    NOBODY = "nobody"
    # The mail had not left when the account worked again.
    WITHDRAWN = "withdrawn"


class Incident(Model):
    """Opened when a channel is lost, closed by proof of health or by disconnecting; never two open at once."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("uq_incident_open", "channel_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_incident_unsettled", "id", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), index=True)
    opened_at: Mapped[datetime]
    noticed_by: Mapped[str]
    cause: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # When to decide whom to mail; moved ahead while one process does so, None when nothing is left to decide.
    notify_at: Mapped[datetime | None] = mapped_column(index=True)
    # Whether it is certain that the failure is this account's own; until then nobody is mailed (see channels/doubt.py).
    settled: Mapped[bool] = mapped_column(default=False, server_default=false())
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_by: Mapped[str | None]

    notices: Mapped[list["Notice"]] = relationship(order_by="Notice.id")

    @classmethod
    def opened(cls, channel_id: int, verdict: Verdict, *, noticed_by: str, now: datetime) -> "Incident":
        return cls(
            channel_id=channel_id,
            opened_at=now,
            noticed_by=noticed_by,
            cause=str(verdict.cause),
            evidence=verdict.evidence,
            notify_at=now + GATHER if verdict.cause in MAILED else None,
            settled=verdict.by_token,
        )

    def turn_into(self, verdict: Verdict, *, now: datetime) -> None:
        """The same episode, now known better. Whoever was told is not told again."""
        self.cause = cause = str(verdict.cause)
        self.evidence = verdict.evidence
        self.settled = self.settled or verdict.by_token
        if cause in MAILED and not any(one.outcome == Told.WRITTEN for one in self.notices):
            self.notify_at = now + GATHER

    def close(self, *, by: str, now: datetime) -> None:
        self.closed_at = now
        self.closed_by = by
        self.notify_at = None


class Notice(Model):
    """Whom an incident's mail went to, or why not. One a person and incident: nobody is told twice.

    Without a person it says why nobody at all could be told at that time.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("incident_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    outcome: Mapped[str]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_mail.id", ondelete="SET NULL"))
    at: Mapped[datetime]

    # Asked for by the channel's page alone, without the mail's text.
    person: Mapped[Person | None] = relationship()
    mail: Mapped[OutgoingMail | None] = relationship()
