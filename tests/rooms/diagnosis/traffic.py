"""Generated customers: traffic with day and week cycles, bursts, better and worse days; and what a rhythm learnt from
it would have said, moment by moment. For tests and for bench/silence.py."""

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from webapp.diagnosis.rules.rhythm import HISTORY, SHORTEST, Rhythm, beginnings, learn

MONDAY = datetime(2025, 1, 6, tzinfo=UTC)
WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Shop:
    """`per_day`: conversations a day on average. `days_differ`: the spread of the factor on a whole day's traffic.
    `messages`: how many a customer writes in one go, on average."""

    seed: int
    per_day: float
    days_differ: float = 0.0
    messages: float = 1.0

    def week(self) -> list[float]:
        """Conversations in each hour of the week. Opening hours, nights and Sundays differ from shop to shop."""
        rng = random.Random(self.seed)
        opens, length = rng.uniform(0, 4), rng.uniform(8, 16)
        night, sunday = rng.choice([0.0, 0.01, 0.1]), rng.choice([0.0, 0.3, 1.0, 1.6])
        shape = []
        for hour in range(168):
            part = (hour % 24 - opens) / length
            light = max(night, math.sin(part * math.pi) if 0 < part < 1 else 0.0)
            shape.append(light * (sunday if hour // 24 == 6 else 1.0))
        return [one * self.per_day * 7 / sum(shape) for one in shape]

    def written(self, weeks: int) -> list[tuple[int, datetime]]:
        """(customer, when they wrote), oldest first."""
        rng = random.Random(self.seed + 1)
        found: list[tuple[int, datetime]] = []
        for customer, at in enumerate(self._began(rng, weeks)):
            found.append((customer, at))
            while rng.random() > 1 / self.messages:
                at += timedelta(minutes=rng.expovariate(1 / 4))
                found.append((customer, at))
        return sorted(found, key=lambda one: one[1])

    def _began(self, rng: random.Random, weeks: int) -> Iterator[datetime]:
        """Each hour's share of the week, by turning unit steps of expectation back into time."""
        hours = self.week() * weeks
        if self.days_differ:
            shape = 1 / self.days_differ
            factors = [rng.gammavariate(shape, 1 / shape) for _ in range(weeks * 7)]
            hours = [rate * factors[number // 24] for number, rate in enumerate(hours)]
        sums = [0.0, *accumulate(hours)]
        at = rng.expovariate(1)
        while at < sums[-1]:
            hour = bisect_right(sums, at) - 1
            yield MONDAY + _HOUR * (hour + (at - sums[hour]) / hours[hour])
            at += rng.expovariate(1)


@dataclass(frozen=True)
class Year:
    """A year of one shop: how often its silence was called unusual while nothing was wrong, and how long after a stop
    (one at a random moment of each fourth week) it was called so. A stop that never is counts as infinite."""

    false_alarms: int
    noticed: list[float]


def live(shop: Shop, weeks: int = 52, *, every: int = 1, stops: bool = False) -> Year:
    """Live through a year, learning anew `every` so many weeks from the eight weeks before."""
    past = HISTORY // WEEK
    written = shop.written(weeks + past)
    moments = [at for _, at in written]
    began = beginnings(written)
    rng = random.Random(shop.seed + 2)
    alarms, noticed = 0, []
    for number in range(past, weeks + past, every):
        now = MONDAY + WEEK * number
        until = now + WEEK * every
        rhythm = learn(began[bisect_right(began, now - HISTORY) : bisect_right(began, now)])
        if rhythm is None:
            noticed += [math.inf] * (stops and number % 4 == 0)
            continue
        first = max(bisect_right(moments, now) - 1, 0)
        alarms += _alarms(rhythm, moments[first : bisect_right(moments, until) + 1], now, until)
        if stops and number % 4 == 0:
            stop = now + WEEK * rng.random()
            due = rhythm.due(moments[bisect_right(moments, stop) - 1])
            noticed.append(math.inf if due is None else max((due - stop) / _HOUR, 0.0))
    return Year(alarms, noticed)


def _alarms(rhythm: Rhythm, moments: Sequence[datetime], now: datetime, until: datetime) -> int:
    """Silences that ended by themselves, but not before they were called unusual."""
    shortest = max(rhythm.limit / max(rhythm.hours) * _HOUR, SHORTEST)
    long = [(a, b) for a, b in pairwise(moments) if b - a > shortest and now <= b < until]
    return sum((due := rhythm.due(a)) is not None and due < b for a, b in long)
