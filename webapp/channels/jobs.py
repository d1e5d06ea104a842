"""Doors for the scheduler: who is to be told, what is to be ended or forgotten."""

from webapp.channels.actions import end_abandoned, forget_pending, forget_trips
from webapp.channels.actions.notify import notify_due
from webapp.core import clock


def tell() -> None:
    notify_due(now=clock.now())


def end() -> None:
    end_abandoned(now=clock.now())


def forget() -> None:
    forget_pending(now=clock.now())
    forget_trips(now=clock.now())


TICKS = {"channels.tell": (5, tell), "channels.end": (10, end), "channels.forget": (60, forget)}
