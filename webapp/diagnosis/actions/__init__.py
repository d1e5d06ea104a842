"""Use cases: a diagnosis, check by check, and the live test."""

from webapp.diagnosis.actions.diagnose import begin, finish_all, next_check, run_next
from webapp.diagnosis.actions.live import begin_test, observe

__all__ = ["begin", "begin_test", "finish_all", "next_check", "observe", "run_next"]
