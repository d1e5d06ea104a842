"""How long raw deliveries are kept: long enough to be replayed, not for ever, for they hold customers' words."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select

from webapp.core import db
from webapp.inbox import actions as inbox
from webapp.webhooks.models import Delivery

log = logging.getLogger("webapp.webhooks")

KEPT = timedelta(days=30)
# What could not be handled waits for somebody who mends it; at some time nobody will.
FAILED_KEPT = timedelta(days=90)
EARLY_KEPT = timedelta(days=7)
PORTION = 500
# So that a tick ends; the next one goes on.
MOST_PORTIONS = 40


def purge(*, now: datetime, portion: int = PORTION) -> int:
    """Delete what has been kept long enough, in short transactions; how many deliveries that were."""
    handled = Delivery.handled_at.is_not(None) & (Delivery.received_at < now - KEPT)
    failed = Delivery.handled_at.is_(None) & (Delivery.received_at < now - FAILED_KEPT)
    purged = _delete(handled, portion)
    given_up = _delete(failed, portion)
    if given_up:
        log.warning("%s deliveries were purged after %s days without being handled", given_up, FAILED_KEPT.days)
    inbox.forget_early(before=now - EARLY_KEPT)
    return purged + given_up


def _delete(condition: ColumnElement[bool], portion: int) -> int:
    """Oldest first."""
    count = 0
    for _number in range(MOST_PORTIONS):
        deleted = _delete_portion(condition, portion)
        count += deleted
        if deleted < portion:
            break
    return count


def _delete_portion(condition: ColumnElement[bool], portion: int) -> int:
    with db.transaction() as session:
        oldest = select(Delivery.id).where(condition).order_by(Delivery.received_at, Delivery.id).limit(portion)
        ids = session.scalars(oldest).all()
        if ids:
            session.execute(
                delete(Delivery).where(Delivery.id.in_(ids)), execution_options={"synchronize_session": False}
            )
        return len(ids)
