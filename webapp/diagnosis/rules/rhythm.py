"""A channel's rhythm: how many conversations usually begin in each hour of the week, and how many must have failed
to begin before its silence means something. Learnt from the channel's own past only. Pure.

Time is measured in conversations that usually begin: a closed night counts next to nothing, a busy noon a lot, so
opening hours need not be told. Customers' messages come in bursts; their beginnings hardly do. Between two beginnings
of a Poisson process the expected number is exponential, so a silence worth L of them has probability exp(-L). Two
things make long silences likelier than that: days differ (holidays, campaigns), and rates are only estimated. Both are
a gamma-distributed factor on the rate, which turns exp(-L) into (1 + L/m)^-m, the negative binomial's share of
zeros; m is small where days differ much. L is chosen so that a year's silences, each of which is looked at all the
time, pass it a quarter of a time on average.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise

HISTORY = timedelta(weeks=8)
# The same customer writes again within this: the same conversation, for counting.
CONVERSATION = timedelta(hours=12)
# Fewer beginnings, or less than two of each weekday, say too little.
ENOUGH = 20
AT_LEAST = timedelta(days=14)
# A channel on which only a silence longer than this would be unusual is quiet by nature.
LONGEST = timedelta(days=14)
# However busy: a shorter silence is a coffee break.
SHORTEST = timedelta(hours=1)

_FALSE_ALARMS = 0.25  # aimed at, a channel and year
_PRIOR = 4.0  # conversations' worth of belief that an hour is like its weekday and its hour of the day
_ABOVE_LONGEST = 1.3  # the longest silence of the past must be outdone clearly
_WEEK = 7 * 24
_HOUR = timedelta(hours=1)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_RECENT = 14  # days


@dataclass(frozen=True)
class Rhythm:
    """`hours`: conversations that begin in each hour of the week, the first being Monday 00:00 UTC.

    `limit`: a silence in which more than so many should have begun is unusual.
    """

    hours: tuple[float, ...]
    limit: float

    def expected(self, since: datetime, until: datetime) -> float:
        """How many conversations usually begin between two moments."""
        return self.position(until) - self.position(since)

    def due(self, since: datetime) -> datetime | None:
        """When a silence that began at `since` becomes unusual; None where only weeks of it would be."""
        weeks, rest = divmod(self.position(since) + self.limit, self._sums[-1])
        hour = bisect_left(self._sums, rest, lo=1) - 1
        part = (rest - self._sums[hour]) / self.hours[hour] if self.hours[hour] else 0.0
        due = _MONDAY + _HOUR * (weeks * _WEEK + hour + part)
        return max(due, since + SHORTEST) if due - since <= LONGEST else None

    def position(self, at: datetime) -> float:
        """A moment as the number of conversations that would have begun by then, at this rhythm, since 1970."""
        weeks, rest = divmod((at - _MONDAY) / _HOUR, _WEEK)
        whole = int(rest)
        return weeks * self._sums[-1] + self._sums[whole] + (rest - whole) * self.hours[whole]

    @cached_property
    def _sums(self) -> list[float]:
        return [0.0, *accumulate(self.hours)]


def beginnings(written: Iterable[tuple[Hashable, datetime]]) -> list[datetime]:
    """When conversations began, from (customer, when they wrote), oldest first."""
    last: dict[Hashable, datetime] = {}
    found = []
    for customer, at in written:
        before = last.get(customer)
        if before is None or at - before >= CONVERSATION:
            found.append(at)
        last[customer] = at
    return found


def learn(began: Sequence[datetime]) -> Rhythm | None:
    """The rhythm of a channel whose conversations began at these times, oldest first; None where they say too little.

    Only what lies between the first and the last counts, so the silence that lasts now teaches nothing.
    """
    if len(began) < ENOUGH or began[-1] - began[0] < AT_LEAST:
        return None
    start = _whole_hour(began[0])
    hours = int((began[-1] - start) / _HOUR) + 1
    counts = [0] * hours
    for at in began[1:]:
        counts[int((at - start) / _HOUR)] += 1
    first = _hour_of_week(start)
    rates = _rates(counts, first)
    usual = [rates[(first + hour) % _WEEK] for hour in range(hours)]
    level = _level(counts, usual)
    calm = Rhythm(tuple(rate * level for rate in rates), 0.0)
    return Rhythm(calm.hours, _limit(counts, usual, calm, began))


def _rates(counts: Sequence[int], first: int) -> list[float]:
    """Each hour of the week by itself, drawn towards (its hour of the day) x (its weekday)."""
    seen, told = [0] * _WEEK, [0] * _WEEK
    for number, count in enumerate(counts):
        seen[(first + number) % _WEEK] += 1
        told[(first + number) % _WEEK] += count
    overall = sum(told) / sum(seen)
    by_hour = [sum(told[hour::24]) / sum(seen[hour::24]) for hour in range(24)]
    by_day = [sum(told[day * 24 :][:24]) / sum(seen[day * 24 :][:24]) / overall for day in range(7)]
    rates = []
    for hour in range(_WEEK):
        usual = by_hour[hour % 24] * by_day[hour // 24]
        rates.append((told[hour] + _PRIOR) / (seen[hour] + _PRIOR / usual) if usual else 0.0)
    return rates


def _level(counts: Sequence[int], usual: Sequence[float]) -> float:
    """Below 1 where the last fortnight was calmer than the weeks before: a fading shop is no alarm."""
    recent = _RECENT * 24
    return min(1.0, (sum(counts[-recent:]) + _PRIOR) / (sum(usual[-recent:]) + _PRIOR))


def _limit(counts: Sequence[int], usual: Sequence[float], rhythm: Rhythm, began: Sequence[datetime]) -> float:
    events = sum(counts)
    weeks = len(counts) / _WEEK
    a_year = events / weeks * 52
    # The rates are estimated: of the whole from all events, of the hours that a silence spans from a handful a week.
    spread = _overdispersion(counts, usual) + 1 / min(events, 10 * weeks)
    by_chance = (float((a_year / _FALSE_ALARMS) ** spread) - 1) / spread
    longest = max(after - before for before, after in pairwise(map(rhythm.position, began)))
    return max(by_chance, longest * _ABOVE_LONGEST)


def _overdispersion(counts: Sequence[int], usual: Sequence[float]) -> float:
    """By how much days differ beyond chance: the variance of their factor, by the method of moments."""
    days = len(counts) // 24
    told = [sum(counts[day * 24 :][:24]) for day in range(days)]
    expected = [sum(usual[day * 24 :][:24]) for day in range(days)]
    # Seven weekdays and the level were taken from the same days.
    scale = days / max(days - 8, 1)
    beyond = sum(scale * (one - mean) ** 2 - mean for one, mean in zip(told, expected, strict=True))
    return max(beyond, 0.0) / sum(mean * mean for mean in expected)


def _whole_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _hour_of_week(at: datetime) -> int:
    return int((at - _MONDAY) / _HOUR) % _WEEK
