"""Leave me alone about this silence."""

from datetime import datetime, timedelta

from webapp.channels.models import Channel, Quiet
from webapp.core import db

# What a person may choose; None: until the next message.
LENGTHS = {"day": timedelta(days=1), "week": timedelta(weeks=1), "message": None}


def snooze(channel: Channel, length: str, *, now: datetime) -> None:
    """`length` is a key of LENGTHS. Nothing to snooze is no error: a message came meanwhile."""
    pause = LENGTHS[length]
    with db.transaction() as session:
        session.get_one(Channel, channel.id, with_for_update=True, populate_existing=True).touch()
        quiet = session.get(Quiet, channel.id, with_for_update=True, populate_existing=True)
        if quiet is None:
            return
        if pause is None:
            quiet.hushed_since = quiet.since
        else:
            quiet.snoozed_until = now + pause
