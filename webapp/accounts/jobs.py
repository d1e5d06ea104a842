"""The room's door for the outbox."""

from functools import partial

from flask import Flask

from webapp.accounts.models import DoorLink
from webapp.accounts.queries import is_closed
from webapp.mail.occasions import Occasions


def register(app: Flask) -> None:
    occasions: Occasions = app.extensions["occasions"]
    occasions.on("door-link", partial(is_closed, DoorLink))
