"""Is the silence that lasts now unusual? For the check; what is usual stands in rhythm.py. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from webapp.diagnosis.rules.rhythm import ENOUGH, HISTORY, beginnings, learn


@dataclass(frozen=True, slots=True)
class Silence:
    """`word` is too_little, too_new, rare, usual or unusual. `usual` is the pause between the beginnings of
    conversations, `longest` the longest time without any message, `silent` the one that lasts now; None without
    messages. `due` is when the silence becomes, or became, unusual."""

    word: str
    count: int
    usual: timedelta | None
    longest: timedelta | None
    silent: timedelta | None
    due: datetime | None = None


def silence(written: Sequence[tuple[Hashable, datetime]], now: datetime) -> Silence:
    """`written`: (customer, when they wrote), oldest first, any part of the past; only the last eight weeks count."""
    recent = [(customer, at) for customer, at in written if now - HISTORY <= at <= now]
    times = [at for _, at in recent]
    began = beginnings(recent)
    usual = _pauses(began)
    silent = now - times[-1] if times else None
    word, due = _judged(began, times, now)
    middle = timedelta(seconds=median(one.total_seconds() for one in usual)) if usual else None
    return Silence(word, len(times), middle, max(_pauses(times), default=None), silent, due)


def _judged(began: Sequence[datetime], times: Sequence[datetime], now: datetime) -> tuple[str, datetime | None]:
    if len(began) < ENOUGH:
        return "too_little", None
    rhythm = learn(began)
    if rhythm is None:
        return "too_new", None
    due = rhythm.due(times[-1])
    if due is None:
        return "rare", None
    return ("unusual" if due <= now else "usual"), due


def _pauses(times: Sequence[datetime]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(times)]
