"""Doors for the scheduler: who is to be told, what is to be forgotten."""

from webapp.channels.actions import forget_pending
from webapp.channels.actions.notify import notify_due
from webapp.core import clock


def tell() -> None:
    notify_due(now=clock.now())


def forget() -> None:
    forget_pending(now=clock.now())


TICKS = {"channels.tell": (5, tell), "channels.forget": (60, forget)}
