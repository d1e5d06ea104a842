"""Door for the tick."""

from webapp.core import clock
from webapp.webhooks import actions


def handle_due() -> None:
    """The drain does this all the time; a tick does it where no drain runs or where it stopped.

    Only what is due by now: what comes meanwhile would keep it going beside the drain for ever.
    """
    now = clock.now()
    while actions.handle_some(now=now):
        pass


TICKS = {"webhooks.handle_due": (5, handle_due)}
