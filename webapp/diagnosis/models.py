"""What a diagnosis found, and live tests."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core.db import BigId, Model
from webapp.diagnosis.rules import Result

# How long a live test waits for the message.
PATIENCE = timedelta(minutes=5)
# Meta is asked this often while nothing comes.
ASK_EVERY = timedelta(seconds=30)
# Meta's clock and ours may differ a little, and its times have whole seconds.
CLOCKS = timedelta(seconds=5)

_WAITING = text("ended_at IS NULL")


class Diagnosis(Model):
    """One run of the checks. `results` are Result as plain data, in order; it holds no token and no message's text."""

    __tablename__ = "diagnosis"
    __table_args__ = (Index("ix_diagnosis_channel", "channel_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    person: Mapped[Person | None] = relationship()

    @property
    def found(self) -> list[Result]:
        return [Result.from_data(row) for row in self.results]

    def is_before(self, change: datetime) -> bool:
        """Whether it tells of a state that is over: nobody is to act on what it found then."""
        return self.finished_at is not None and self.finished_at < change

    def add(self, result: Result) -> None:
        """Keep a result once, whoever asks twice at the same time."""
        if all(one.check != result.check for one in self.found):
            self.results = [*self.results, result.as_data()]


class Ending(StrEnum):
    """How a live test ended."""

    ARRIVED = "arrived"
    # Meta has the message and we do not: it was never delivered.
    AT_META = "at_meta"
    # Neither we nor Meta have one.
    NOWHERE = "nowhere"
    # Nothing came, and Meta could not be asked.
    UNANSWERED = "unanswered"


class LiveTest(Model):
    """ "Send a DM now": waits for the first message of a customer with an id above `after_message_id`."""

    __tablename__ = "live_test"
    __table_args__ = (
        Index("ix_live_test_channel", "channel_id", "id"),
        Index("ix_live_test_waiting", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    began_at: Mapped[datetime]
    after_message_id: Mapped[int]
    asked_meta_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]
    # When the message was written, by Meta's clock, and the delivery that brought it.
    written_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    delivery_id: Mapped[int | None] = mapped_column(BigId)
    # Messages that were fetched from Meta because no delivery brought them.
    fetched: Mapped[int] = mapped_column(default=0)

    channel: Mapped[Channel] = relationship()
    person: Mapped[Person | None] = relationship()

    @property
    def ends_by(self) -> datetime:
        return self.began_at + PATIENCE

    def is_about(self, written_at: datetime) -> bool:
        """Whether a message written then, by Meta's clock, may be the one that is waited for."""
        return self.began_at - CLOCKS <= written_at <= self.ends_by + CLOCKS

    def is_to_ask(self, now: datetime) -> bool:
        """Whether Meta is to be asked: every half a minute, and once when the time is over."""
        last = self.asked_meta_at or self.began_at
        return now - last >= ASK_EVERY or last < self.ends_by <= now

    @property
    def seconds(self) -> float | None:
        """From writing to arriving; two clocks are compared, so never below zero."""
        if self.written_at is None or self.delivered_at is None:
            return None
        return max((self.delivered_at - self.written_at).total_seconds(), 0.0)

    def end(self, ending: Ending, *, now: datetime) -> None:
        self.ending, self.ended_at = ending, now
