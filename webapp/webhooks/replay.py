"""Deliveries looked through and handled once more, by an operator. What is in them: `content.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from webapp.core import db
from webapp.webhooks.actions import handle
from webapp.webhooks.models import Delivery

_FAILED = (Delivery.handled_at.is_(None), Delivery.tries > 0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries: each thing that is given narrows it. `failed`: tried, not handled, and waiting."""

    ids: Sequence[int] = ()
    since: datetime | None = None
    until: datetime | None = None
    failed: bool = False

    @property
    def is_everything(self) -> bool:
        return not (self.ids or self.since or self.until or self.failed)


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery without its content. `handled_at` is None while it waits until `next_try_at`."""

    id: int
    received_at: datetime
    handled_at: datetime | None
    next_try_at: datetime
    tries: int
    problem: str


def found(wanted: Wanted, limit: int | None = None) -> list[Line]:
    """Oldest first."""
    rows = db.session().execute(_narrowed(select(*_columns()), wanted).limit(limit))
    return [Line(*values) for values in map(tuple[Any, ...], rows)]


def failed(limit: int, before: int | None = None) -> list[Line]:
    """Those that wait with a problem, newest first; below a number where one is given."""
    query = select(*_columns()).where(*_FAILED).order_by(Delivery.id.desc()).limit(limit)
    rows = db.session().execute(query.where(Delivery.id < before) if before else query)
    return [Line(*values) for values in map(tuple[Any, ...], rows)]


def hasten(*, now: datetime) -> int:
    """Make all that failed due at once; how many those are."""
    with db.transaction() as session:
        done = session.execute(
            update(Delivery).where(*_FAILED).values(next_try_at=now),
            execution_options={"synchronize_session": False},
        )
        return int(done.rowcount)  # type: ignore[attr-defined]


def set_aside(number: int, *, now: datetime) -> None:
    """Try it no more. It keeps its problem, and goes when it is old enough; a replay still takes it."""
    with db.transaction() as session:
        session.execute(
            update(Delivery).where(Delivery.id == number, *_FAILED).values(handled_at=now),
            execution_options={"synchronize_session": False},
        )


def replay(wanted: Wanted, *, now: datetime) -> list[Line]:
    """Handle them once more, whether they were handled or not; what became of each.

    Replaying twice is replaying once: everything in a delivery is known by its id. A replay that is interrupted is
    finished by whoever handles deliveries.
    """
    ids = [line.id for line in found(wanted)]
    db.leave()
    return [_replayed(delivery_id, now) for delivery_id in ids]


def _replayed(delivery_id: int, now: datetime) -> Line:
    with db.transaction() as session:
        again = {"handled_at": None, "next_try_at": now, "tries": 0}
        session.execute(
            update(Delivery).where(Delivery.id == delivery_id).values(again),
            execution_options={"synchronize_session": False},
        )
    handle(delivery_id, now=now)
    (line,) = found(Wanted([delivery_id]))
    db.leave()
    return line


def _columns() -> list[Any]:
    return [getattr(Delivery, name) for name in Line.__dataclass_fields__]


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.ids:
        query = query.where(Delivery.id.in_(wanted.ids))
    if wanted.since:
        query = query.where(Delivery.received_at >= wanted.since)
    if wanted.until:
        query = query.where(Delivery.received_at < wanted.until)
    if wanted.failed:
        query = query.where(*_FAILED)
    return query.order_by(Delivery.received_at, Delivery.id)
