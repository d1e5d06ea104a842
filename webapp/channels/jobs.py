"""Doors for the scheduler: who is to be told, what is to be ended, forgotten or renewed; and for the outbox."""

from functools import partial

from flask import Flask, current_app

from webapp.accounts.queries import is_closed
from webapp.channels.actions import end_abandoned, forget_pending, forget_trips
from webapp.channels.actions.disconnect import release_due
from webapp.channels.actions.notify import notify_due
from webapp.channels.actions.renewals import renew_due
from webapp.channels.models import RepairLink
from webapp.core import clock
from webapp.mail.occasions import Occasions


def register(app: Flask) -> None:
    occasions: Occasions = app.extensions["occasions"]
    occasions.on("repair-link", partial(is_closed, RepairLink))


def tell() -> None:
    notify_due(now=clock.now())


def end() -> None:
    end_abandoned(now=clock.now())


def forget() -> None:
    forget_pending(now=clock.now())
    forget_trips(now=clock.now())


def renew() -> None:
    renew_due(meta=current_app.extensions["meta"], now=clock.now())


def release() -> None:
    release_due(meta=current_app.extensions["meta"], now=clock.now())


TICKS = {
    "channels.tell": (5, tell),
    "channels.end": (10, end),
    "channels.forget": (60, forget),
    "channels.renew": (600, renew),
    "channels.release": (60, release),
}
