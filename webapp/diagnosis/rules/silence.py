"""Is this silence unusual? From a channel's own past only.

Time is measured in messages that usually come: a closed night counts next to nothing, a busy noon a lot. So the
hours in which a shop is open are learnt from when its customers write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from statistics import median

HISTORY = timedelta(weeks=8)
# Fewer than this say too little: a channel on which messages are rare is quiet by nature.
ENOUGH = 40
# The longest pause of the past, and then as long again as four messages usually take: in steady traffic that
# happens by chance less than once in three years and more.
BEYOND = 4.0
# Real traffic comes in bursts, so the longest pause itself must be outdone clearly.
FACTOR = 1.6
_HOURS = 7 * 24
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """`usual` and `longest` are pauses between messages, `silent` the one that lasts now; None without messages."""

    count: int
    usual: timedelta | None
    longest: timedelta | None
    silent: timedelta | None
    is_unusual: bool

    @property
    def is_quiet_by_nature(self) -> bool:
        return self.count < ENOUGH


def silence(written: Sequence[datetime], now: datetime) -> Silence:
    """`written`: when customers wrote, oldest first, any part of the past; only the last eight weeks count."""
    since = now - HISTORY
    times = [at for at in written if since <= at <= now]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    usual = timedelta(seconds=median(one.total_seconds() for one in pauses)) if pauses else None
    silent = now - times[-1] if times else None
    unusual = len(times) >= ENOUGH and _is_unusual(times, now)
    return Silence(len(times), usual, max(pauses, default=None), silent, unusual)


def _is_unusual(times: Sequence[datetime], now: datetime) -> bool:
    """Learnt from what came up to the last message: the silence itself teaches nothing."""
    last = times[-1]
    expected = _Clock(times, times[0], last)
    longest = max(expected(later) - expected(earlier) for earlier, later in pairwise(times))
    silent = expected(now) - expected(last)
    return silent > max(longest + BEYOND, longest * FACTOR)


class _Clock:
    """Moment → messages that usually come until then, counted from the first."""

    def __init__(self, times: Sequence[datetime], first: datetime, last: datetime) -> None:
        self.start = first.replace(minute=0, second=0, microsecond=0)
        weeks = max((last - first) / timedelta(weeks=1), 1.0)
        counts = [0.0] * _HOURS
        for at in times:
            counts[self._hour(at)] += 1
        # A little of the average everywhere: an hour in which nobody wrote yet is not proof that nobody does.
        average = len(times) / _HOURS
        rates = [(count + 0.25 * average) / (1.25 * weeks) for count in counts]
        self.sums = [0.0, *accumulate(rates)]

    def __call__(self, at: datetime) -> float:
        hours = (at - self.start) / _HOUR
        weeks, rest = divmod(hours, _HOURS)
        whole = int(rest)
        part = self.sums[whole] + (rest - whole) * (self.sums[whole + 1] - self.sums[whole])
        return weeks * self.sums[-1] + part

    def _hour(self, at: datetime) -> int:
        return int((at - self.start) / _HOUR) % _HOURS
