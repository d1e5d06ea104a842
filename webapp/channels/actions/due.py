"""Bringing checks forward: what is not due yet becomes due, and the next sweep takes it."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from webapp.channels.models import Channel
from webapp.channels.status import Status


def make_due(session: Session, which: ColumnElement[bool], *, now: datetime, alone: bool = True) -> None:
    """Make these channels due now, as far as they are held, inside the caller's transaction.

    They are locked in the order that everybody keeps. Whoever holds channels already is not `alone` and must not wait:
    those that somebody else is just writing about are left out then.
    """
    due_later = (
        select(Channel.id)
        .where(which, Channel.status != Status.DISCONNECTED, Channel.next_check_at > now)
        .order_by(Channel.id)
        .with_for_update(skip_locked=not alone)
        .cte("due_later")
    )
    session.execute(
        update(Channel).where(Channel.id.in_(select(due_later.c.id))).values(next_check_at=now),
        execution_options={"synchronize_session": False},
    )
