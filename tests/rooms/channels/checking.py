"""A check of one channel, and what is known of the channel afterwards."""

from flask import current_app

from webapp.channels.actions import check_channels
from webapp.channels.models import Channel
from webapp.core import clock, db


def check(channel: Channel, noticed_by: str = "sweep") -> Channel:
    check_channels([channel.id], meta=current_app.extensions["meta"], now=clock.now(), noticed_by=noticed_by)
    return fresh(channel)


def fresh(channel: Channel) -> Channel:
    db.leave()
    return db.session().get_one(Channel, channel.id, populate_existing=True)
