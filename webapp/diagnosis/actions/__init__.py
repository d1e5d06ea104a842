"""Use cases: a diagnosis, check by check, the live test, and who is unusually quiet."""

from webapp.diagnosis.actions.diagnose import begin, finish_all, next_check, run_next
from webapp.diagnosis.actions.listen import listen
from webapp.diagnosis.actions.live import begin_test, observe, watch
from webapp.diagnosis.actions.snooze import LENGTHS, snooze
from webapp.diagnosis.actions.takeover import Takeover, take_over

__all__ = [
    "LENGTHS",
    "begin",
    "begin_test",
    "finish_all",
    "listen",
    "next_check",
    "observe",
    "run_next",
    "snooze",
    "Takeover",
    "take_over",
    "watch",
]
