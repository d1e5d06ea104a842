"""The doors for the scheduler: who is unusually quiet, and how do the live tests end?"""

from flask import current_app

from webapp.core import clock
from webapp.diagnosis import actions


def listen() -> None:
    actions.listen(now=clock.now())


def watch() -> None:
    """Often: a page that is looked at asks by itself, and the next colleague should not find a test still waiting."""
    actions.watch(meta=current_app.extensions["meta"], now=clock.now())


TICKS = {"diagnosis.listen": (60, listen), "diagnosis.watch": (5, watch)}
