"""Doors for the scheduler: who is to be told."""

from webapp.channels.actions.notify import notify_due
from webapp.core import clock


def tell() -> None:
    notify_due(now=clock.now())


TICKS = {"channels.tell": (5, tell)}
