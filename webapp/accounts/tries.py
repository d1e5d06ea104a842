"""Counting the passwords that were tried: rows, so that every process counts together."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.models import SignInTries
from webapp.accounts.rules import ONE_BY_ONE, Limit
from webapp.core import db
from webapp.core.crypto import fingerprint

_KEPT = timedelta(days=1)


def count(session: Session, counted: Mapping[str, Limit], *, now: datetime) -> timedelta | None:
    """Count one try against every key. Returns how long to wait when a limit is passed, else None."""
    # Rows that somebody else holds are left to the next one: waiting for them could go round in a circle.
    old = select(SignInTries.key_hash).where(SignInTries.since < now - _KEPT).with_for_update(skip_locked=True)
    session.execute(delete(SignInTries).where(SignInTries.key_hash.in_(old)))
    # In one order everywhere: two tries at once never wait for each other in a circle.
    waits = [_count(session, key, counted[key], now) for key in sorted(counted)]
    return max(waits) or None


def forgive(session: Session, counted: Mapping[str, Limit]) -> None:
    """The password was right: this place begins anew for this address, and elsewhere only wrong ones count."""
    for key in sorted(counted):
        row = SignInTries.key_hash == fingerprint(key)
        left = 0 if counted[key] is ONE_BY_ONE else SignInTries.count - 1
        session.execute(update(SignInTries).where(row, SignInTries.count > 0).values(count=left))


def _count(session: Session, key: str, limit: Limit, now: datetime) -> timedelta:
    insert = postgresql.insert if db.is_postgresql() else sqlite.insert
    old = SignInTries.since <= now - limit.window
    tries, since = session.execute(
        insert(SignInTries)
        .values(key_hash=fingerprint(key), count=1, since=now)
        .on_conflict_do_update(
            index_elements=[SignInTries.key_hash],
            set_={
                "count": case((old, 1), else_=SignInTries.count + 1),
                "since": case((old, now), else_=SignInTries.since),
            },
        )
        .returning(SignInTries.count, SignInTries.since)
    ).one()
    return since + limit.window - now if tries > limit.tries else timedelta(0)
