"""Reads about what was fetched from Meta."""

from sqlalchemy import func, select

from webapp.channels.models import Channel
from webapp.core import db
from webapp.inbox.models import Backfill, Fetched, Reason


def newest_history(channel: Channel) -> Backfill | None:
    """The last time that somebody asked for the channel's earlier conversations."""
    return db.session().scalar(
        select(Backfill)
        .where(Backfill.channel_id == channel.id, Backfill.reason == Reason.HISTORY)
        .order_by(Backfill.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def brought(run: Backfill) -> tuple[int, int]:
    """How many messages it has brought so far, into how many conversations."""
    found = db.session().execute(
        select(func.coalesce(func.sum(Fetched.count), 0), func.count()).where(Fetched.backfill_id == run.id)
    )
    messages, conversations = found.one()
    return int(messages), conversations
