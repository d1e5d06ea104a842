"""The room's door for the outbox."""

from datetime import datetime

from flask import Flask

from webapp.accounts.models import DoorLink, LinkState
from webapp.core import db
from webapp.mail.occasions import Occasions


def register(app: Flask) -> None:
    occasions: Occasions = app.extensions["occasions"]
    occasions.on("door-link", is_closed)


def is_closed(link_id: str, now: datetime) -> bool:
    """Whether the link opens no door any more: it ran out, was used or taken back, or another one took its place."""
    link = db.session().get(DoorLink, int(link_id), populate_existing=True)
    return link is None or link.state(now) is not LinkState.OPEN
