"""Which channels are unusually quiet, for the pages that say so."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from webapp.channels.models import Channel, Quiet
from webapp.core import db


def shown(channels: Sequence[Channel], now: datetime) -> dict[int, Quiet]:
    """Of these channels, those that a notice is shown for, by their ids."""
    by_id = {one.id: one for one in channels}
    rows = db.session().scalars(
        select(Quiet)
        .where(Quiet.channel_id.in_(by_id), Quiet.since.is_not(None))
        .execution_options(populate_existing=True)
    )
    return {row.channel_id: row for row in rows if row.is_shown(by_id[row.channel_id], now)}
