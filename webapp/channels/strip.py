"""Thirty days of a channel as cells, one a day, from the changes of its state. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from webapp.channels.status import Status

DAYS = 30


class Shown(StrEnum):
    """What a part of a day is drawn as, the worst first."""

    LOST = "lost"
    ATTENTION = "attention"
    UNCHECKED = "unchecked"
    CONNECTED = "connected"
    NONE = "none"


_NO_TIME = dict.fromkeys(Shown, 0.0)
_BADNESS = {shown: place for place, shown in enumerate(Shown)}


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of state. `by` is what noticed or caused it, `person` the name of who did, or empty."""

    at: datetime
    became: str
    cause: str | None = None
    by: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """No check came to a verdict between these two."""

    began_at: datetime
    ended_at: datetime


@dataclass(slots=True)
class Cell:
    """One day. `seconds` of each state add up to the day, today's to now; `causes` in the order they came.

    `shown` is the worst of the day; a day without any connection is none. `repaired` is its last change back to health.
    """

    day: date
    seconds: dict[Shown, float] = field(default_factory=_NO_TIME.copy)
    causes: list[str] = field(default_factory=list)
    repaired: Turn | None = None
    shown: Shown = Shown.NONE

    def spend(self, seconds: float, spell: "_Spell") -> None:
        """So much of the day was like this."""
        self.seconds[spell.shown] += seconds
        self.shown = min(self.shown, spell.shown, key=_BADNESS.__getitem__)
        if spell.cause and spell.cause not in self.causes:
            self.causes.append(spell.cause)

    @property
    def whole(self) -> float:
        return sum(self.seconds.values())

    @property
    def level(self) -> float:
        """How much of the connected part worked, 0 to 1, as drawn: the least trouble is seen, and the least of good."""
        if self.shown is Shown.CONNECTED:
            return 1.0
        connected = self.whole - self.seconds[Shown.NONE]
        share = self.seconds[Shown.CONNECTED] / connected if connected else 0.0
        return min(max(share, 0.15), 0.7) if share else 0.0

    @property
    def has_story(self) -> bool:
        """Whether there is more to say than that it worked, or was not connected."""
        return self.shown not in (Shown.CONNECTED, Shown.NONE)


@dataclass(frozen=True, slots=True)
class _Spell:
    began_at: datetime
    ended_at: datetime
    shown: Shown
    cause: str | None


def days_until(today: date, count: int = DAYS) -> list[date]:
    """The last `count` days, the oldest first."""
    return [today - timedelta(days=count - 1 - number) for number in range(count)]


def cells(
    turns: Sequence[Turn],
    gaps: Iterable[Gap],
    *,
    days: Sequence[date],
    midnight: Callable[[date], datetime],
    now: datetime,
) -> list[Cell]:
    """A cell for each of `days`, which follow one another and end with today.

    `turns` come oldest first; the first may lie before the days. `midnight` says when a day begins, in UTC: with it
    days of 23 and 25 hours are as long as they are.
    """
    edges = [midnight(day) for day in days]
    edges.append(max(now, edges[-1]))
    drawn = [Cell(day) for day in days]
    for spell in _unchecked(_spells(turns, edges[0], edges[-1]), list(gaps)):
        first, last = bisect_right(edges, spell.began_at) - 1, bisect_left(edges, spell.ended_at)
        for number in range(max(first, 0), min(last, len(drawn))):
            overlap = min(edges[number + 1], spell.ended_at) - max(edges[number], spell.began_at)
            if overlap:
                drawn[number].spend(overlap.total_seconds(), spell)
    _note_repairs(drawn, edges, turns)
    return drawn


def _spells(turns: Sequence[Turn], begin: datetime, end: datetime) -> Iterator[_Spell]:
    """The whole stretch from `begin` to `end`, state by state; before the first change there was nothing."""
    last, shown, cause = begin, Shown.NONE, None
    for turn in turns:
        moment = min(max(turn.at, begin), end)
        if moment > last:
            yield _Spell(last, moment, shown, cause)
            last = moment
        shown = Shown.NONE if turn.became == Status.DISCONNECTED else Shown(turn.became)
        cause = turn.cause
    if end > last:
        yield _Spell(last, end, shown, cause)


def _unchecked(spells: Iterable[_Spell], gaps: Sequence[Gap]) -> Iterator[_Spell]:
    """What was connected as far as anybody knew, but nobody could look, is said to be unchecked."""
    for spell in spells:
        rest = spell
        for gap in gaps if spell.shown is Shown.CONNECTED else ():
            begin, end = max(gap.began_at, rest.began_at), min(gap.ended_at, rest.ended_at)
            if begin < end:
                yield replace(rest, ended_at=begin)
                yield replace(rest, began_at=begin, ended_at=end, shown=Shown.UNCHECKED)
                rest = replace(rest, began_at=end)
        yield rest


def _note_repairs(drawn: Sequence[Cell], edges: Sequence[datetime], turns: Sequence[Turn]) -> None:
    before = ""
    for turn in turns:
        if turn.became == Status.CONNECTED and before in (Status.ATTENTION, Status.LOST):
            for cell, begin, end in zip(drawn, edges, edges[1:], strict=False):
                if begin <= turn.at < end or turn.at == end == edges[-1]:
                    cell.repaired = turn
        before = turn.became
