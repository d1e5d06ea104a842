"""Trips that nobody ends: the person closed Facebook's tab, or our process died with the answer in its hands."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update

from webapp.channels.actions.repair import reopen_if_in_vain
from webapp.channels.models import Authorization, Outcome
from webapp.channels.models.authorization import KEPT, LEASE, LIFE
from webapp.core import db


def end_abandoned(*, now: datetime) -> int:
    """Give such trips their end, so that waiting pages say it. Returns how many.

    Should the answer's process live after all, the end that it writes takes the place of ours.
    """
    unused = and_(Authorization.used_at.is_(None), Authorization.began_at < now - LIFE)
    interrupted = Authorization.used_at < now - LEASE
    ended = _end(unused, Outcome.EXPIRED)
    for trip in (found := _end(interrupted, Outcome.INTERRUPTED)):
        if trip.repair_link_id is not None and trip.used_at is not None:
            reopen_if_in_vain(trip.repair_link_id, trip.used_at)
    return len(ended) + len(found)


def forget_trips(*, now: datetime) -> None:
    """Old trips, with the secrets that they were made with."""
    with db.transaction() as session:
        session.execute(delete(Authorization).where(Authorization.began_at < now - KEPT))


def _end(which: ColumnElement[bool], outcome: Outcome) -> list[Authorization]:
    open_ones = and_(Authorization.outcome.is_(None), which)
    if not db.session().scalar(select(Authorization.id).where(open_ones).limit(1)):
        db.leave()
        return []
    with db.transaction() as session:
        return list(
            session.scalars(
                update(Authorization).where(open_ones).values(outcome=outcome).returning(Authorization),
                execution_options={"synchronize_session": False, "populate_existing": True},
            )
        )
