"""The deliveries that wait to be handled: taken by the hundred, and settled by the hundred."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Select, Update, bindparam, func, select, update
from sqlalchemy.orm import Session

from webapp.core import bulk, db
from webapp.webhooks.models import Delivery

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)
# After an outage Meta brings large ones, and what is read of a megabyte takes ten in memory.
MOST_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A delivery as it came."""

    id: int
    body: bytes
    received_at: datetime


def is_any_due(now: datetime) -> bool:
    """Asked ten times a second where nothing comes: it must take nobody's turn to write."""
    # What was read before must not hide what came meanwhile.
    db.leave()
    waiting = select(Delivery.id).where(Delivery.handled_at.is_(None), Delivery.next_try_at <= now).limit(1)
    found = db.session().scalar(waiting)
    db.leave()
    return found is not None


def take(session: Session, now: datetime, limit: int) -> list[Stored]:
    """Those that nobody else is handling, as many as are handled at once."""
    waiting = session.execute(
        select(Delivery.id, func.length(Delivery.body))
        .where(Delivery.handled_at.is_(None), Delivery.next_try_at <= now)
        .order_by(Delivery.next_try_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not waiting:
        return []
    sums = accumulate(size for _id, size in waiting)
    fitting = sum(whole <= MOST_BYTES for whole in sums)
    rows = [{"id": delivery_id} for delivery_id, _size in waiting[: max(fitting, 1)]]
    return [Stored(*row) for row in session.connection().execute(_bodies(), bulk.parameters(rows)).all()]


def lock(session: Session, delivery_id: int) -> Stored | None:
    """One that waits and that nobody else is handling."""
    found = session.execute(
        select(Delivery.id, Delivery.body, Delivery.received_at)
        .where(Delivery.id == delivery_id, Delivery.handled_at.is_(None))
        .with_for_update(skip_locked=True)
    ).first()
    return None if found is None else Stored(*found)


def finish(session: Session, problems: Mapping[int, str], now: datetime) -> None:
    """Nothing is left to do with these; the problem says why nothing came of one."""
    rows = [{"id": delivery_id, "problem": problem} for delivery_id, problem in problems.items()]
    if rows:
        session.connection().execute(_finished(), bulk.parameters(rows) | {"now": now})


def put_off(session: Session, delivery_id: int, problems: Sequence[str], now: datetime) -> None:
    """It failed, and is tried again after a pause."""
    delivery = session.get_one(Delivery, delivery_id, populate_existing=True)
    delivery.tries += 1
    delivery.problem = ", ".join(sorted(set(problems)))
    delivery.next_try_at = now + pause(delivery.tries)


def pause(tries: int) -> timedelta:
    """How long a delivery waits after it failed for the `tries`-th time."""
    return min(FIRST_PAUSE * int(4 ** min(tries - 1, 10)), LONGEST_PAUSE)


@bulk.once
def _bodies() -> Select[Any]:
    table, asked = bulk.table_of(Delivery), bulk.Given(Delivery, "id")
    query = select(table.c.id, table.c.body, table.c.received_at).select_from(asked.table).join(table, asked.is_here)
    return query.order_by(table.c.next_try_at, table.c.id)


@bulk.once
def _finished() -> Update:
    table, done = bulk.table_of(Delivery), bulk.Given(Delivery, "id", "problem")
    values = {"tries": table.c.tries + 1, "problem": done.c.problem, "handled_at": bindparam("now")}
    return update(table).where(table.c.id == done.c.id).values(values)
