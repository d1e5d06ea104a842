"""Doors for the ticks."""

from webapp.core import clock
from webapp.webhooks import actions, retention


def handle_due() -> None:
    """The drain does this all the time; a tick does it where no drain runs or where it stopped."""
    while actions.handle_some(now=clock.now()):
        pass


def purge() -> None:
    retention.purge(now=clock.now())


TICKS = {"webhooks.handle_due": (5, handle_due), "webhooks.purge": (300, purge)}
