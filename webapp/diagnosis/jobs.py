"""The door for the scheduler: who is unusually quiet?"""

from webapp.core import clock
from webapp.diagnosis import actions


def listen() -> None:
    actions.listen(now=clock.now())


TICKS = {"diagnosis.listen": (60, listen)}
