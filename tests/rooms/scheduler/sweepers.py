"""What a child process of these tests does: sweeps, with a check that counts itself instead of asking Meta."""

from datetime import timedelta
from multiprocessing.synchronize import Barrier

from sqlalchemy import update

from config import Config
from webapp.app import create_app
from webapp.channels.actions import Batch, Checking, Tally
from webapp.channels.actions.notify import notify_due
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.scheduler import actions


class CountingChecking(Checking):
    """Adds one to each channel's revision, and records the check as the real one does."""

    def finish(self, batch: Batch) -> Tally:
        ids = [channel.id for channel in batch.channels]
        with db.transaction() as session:
            session.execute(
                update(Channel)
                .where(Channel.id.in_(ids))
                .values(
                    revision=Channel.revision + 1, checked_at=batch.at, next_check_at=batch.at + timedelta(hours=1)
                ),
                execution_options={"synchronize_session": False},
            )
        return Tally(checked=len(ids), requests=1)


def sweep(config: Config, ready: Barrier) -> None:
    app = create_app(config)
    with app.app_context():
        ready.wait(60)
        actions.sweep(app.extensions["meta"], clock.now, limit=7, checks=CountingChecking)


def tell(config: Config, ready: Barrier) -> None:
    app = create_app(config)
    with app.app_context():
        ready.wait(60)
        notify_due(clock.now())
