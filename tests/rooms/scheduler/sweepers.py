"""What a child process of these tests does: sweeps, with a check that counts itself instead of asking Meta."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier

from sqlalchemy import update

from config import Config
from webapp.app import create_app
from webapp.channels.actions import Tally
from webapp.channels.actions.notify import notify_due
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.meta.gateway import Meta
from webapp.scheduler import actions


def counting_check(channel_ids: Sequence[int], *, meta: Meta, now: datetime, noticed_by: str) -> Tally:
    """Adds one to each channel's revision, and records the check as the real one does."""
    with db.transaction() as session:
        session.execute(
            update(Channel)
            .where(Channel.id.in_(channel_ids))
            .values(revision=Channel.revision + 1, checked_at=now, next_check_at=now + timedelta(hours=1)),
            execution_options={"synchronize_session": False},
        )
    return Tally(checked=len(channel_ids), requests=1)


def sweep(config: Config, ready: Barrier) -> None:
    app = create_app(config)
    with app.app_context():
        ready.wait(60)
        actions.sweep(app.extensions["meta"], clock.now, limit=7, check=counting_check)


def tell(config: Config, ready: Barrier) -> None:
    app = create_app(config)
    with app.app_context():
        ready.wait(60)
        notify_due(clock.now())
