"""One conversation that fails is about its customer; many that fail are about the channel, which is checked at once."""

from datetime import datetime

from webapp.channels import actions as channels
from webapp.channels.models import Channel
from webapp.core import db
from webapp.inbox.rules import CHECKED_LATELY, MANY
from webapp.inbox.troubles import failing
from webapp.meta.gateway import Meta


def look(channel_id: int, *, meta: Meta, now: datetime) -> bool:
    """After a refusal for good: check the channel if many of its conversations failed lately. True when it was."""
    count = failing(channel_id, now)
    checked_at = db.session().get_one(Channel, channel_id, populate_existing=True).checked_at
    db.leave()
    if count < MANY or (checked_at is not None and checked_at > now - CHECKED_LATELY):
        return False
    channels.check_channels([channel_id], meta=meta, now=now, noticed_by="send")
    return True
