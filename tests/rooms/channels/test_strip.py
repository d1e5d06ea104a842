"""The strip of thirty days, as a pure rule."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.channels.strip import DAYS, Cell, Gap, Shown, Turn, cells, days_until

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STATES = ("connected", "attention", "lost", "disconnected")
# Clocks that change at 2, at 1 and at midnight itself; one that never does; one of half an hour.
ZONES = ("Europe/Berlin", "America/New_York", "America/Havana", "Asia/Taipei", "Australia/Lord_Howe")


def draw(turns: list[Turn], gaps: list[Gap] | None = None, *, now: datetime = NOON, zone: str = "UTC") -> list[Cell]:
    place = ZoneInfo(zone)

    def midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=place).astimezone(UTC)

    return cells(turns, gaps or [], days=days_until(now.astimezone(place).date()), midnight=midnight, now=now)


def at(days: float, hours: float = 0) -> datetime:
    """So long before noon of today."""
    return NOON - timedelta(days=days, hours=hours)


CONNECTED = Turn(at(400), "connected", by="connect")


def test_a_day_that_worked_and_a_day_half_lost() -> None:
    drawn = draw([CONNECTED, Turn(at(1), "lost", "password_changed", "sweep"), Turn(at(0, 2), "connected")])
    assert drawn[-3].seconds[Shown.CONNECTED] == 86400
    assert drawn[-2].seconds == {**drawn[-2].seconds, Shown.CONNECTED: 43200, Shown.LOST: 43200}
    assert (drawn[-1].seconds[Shown.LOST], drawn[-1].seconds[Shown.CONNECTED]) == (36000, 7200)
    assert (drawn[-2].shown, drawn[-2].causes) == (Shown.LOST, ["password_changed"])


def test_before_connecting_and_after_disconnecting_there_is_nothing() -> None:
    drawn = draw([Turn(at(3), "connected"), Turn(at(1), "disconnected")])
    assert [cell.shown for cell in drawn[-6:]] == ["none", "none", "connected", "connected", "connected", "none"]
    assert drawn[-4].seconds[Shown.NONE] == 43200


def test_the_day_says_who_repaired_it() -> None:
    repair = Turn(at(2), "connected", by="authorization", person="Carol")
    drawn = draw([CONNECTED, Turn(at(2, 3), "lost", "expired"), repair])
    assert drawn[-3].repaired == repair
    assert [cell.repaired for cell in drawn if cell is not drawn[-3]] == [None] * 29


def test_becoming_connected_for_the_first_time_is_no_repair() -> None:
    assert [cell.repaired for cell in draw([Turn(at(2), "connected", by="connect")])] == [None] * DAYS


def test_what_nobody_could_check_is_not_called_connected() -> None:
    lost = Turn(at(0, 6), "lost", "expired")
    drawn = draw([CONNECTED, lost], [Gap(at(0, 10), at(0, 4))])
    assert (drawn[-1].seconds[Shown.UNCHECKED], drawn[-1].seconds[Shown.LOST]) == (4 * 3600, 6 * 3600)


@pytest.mark.parametrize(
    ("zone", "now", "day", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 3, 30, 12, tzinfo=UTC), -2, 23),
        ("Europe/Berlin", datetime(2026, 10, 26, 12, tzinfo=UTC), -2, 25),
        ("America/Havana", datetime(2026, 3, 9, 12, tzinfo=UTC), -2, 23),
    ],
)
def test_a_day_of_a_clock_change_is_as_long_as_it_was(zone: str, now: datetime, day: int, hours: int) -> None:
    drawn = draw([Turn(now - timedelta(days=60), "connected")], now=now, zone=zone)
    assert drawn[day].whole == hours * 3600


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(-60 * 86400, 86400).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(
    st.lists(st.tuples(moments(), st.sampled_from(STATES)), max_size=12),
    st.lists(st.tuples(moments(), st.integers(0, 4 * 86400)), max_size=4),
    moments(),
    st.sampled_from(ZONES),
)
def test_cells_cover_the_days_and_agree_with_the_state_at_any_moment(
    changes: list[tuple[datetime, str]], breaks: list[tuple[datetime, int]], moment: datetime, zone: str
) -> None:
    turns = [Turn(when, became) for when, became in sorted(changes)]
    gaps = _apart([Gap(when, when + timedelta(seconds=length)) for when, length in sorted(breaks)])
    drawn = draw(turns, gaps, zone=zone)
    begin = datetime.combine(drawn[0].day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    assert [one.day - drawn[0].day for one in drawn] == [timedelta(days=number) for number in range(DAYS)]
    assert sum(one.whole for one in drawn) == (NOON - begin).total_seconds()
    assert all(seconds >= 0 for one in drawn for seconds in one.seconds.values())
    if begin <= moment < NOON:
        cell = next(one for one in drawn if one.day == moment.astimezone(ZoneInfo(zone)).date())
        assert cell.seconds[_state_at(turns, gaps, moment)] > 0


def _apart(gaps: list[Gap]) -> list[Gap]:
    """Gaps as they are recorded: one after the other."""
    kept: list[Gap] = []
    for gap in gaps:
        if not kept or gap.began_at >= kept[-1].ended_at:
            kept.append(gap)
    return kept


def _state_at(turns: list[Turn], gaps: list[Gap], moment: datetime) -> Shown:
    became = next((turn.became for turn in reversed(turns) if turn.at <= moment), "disconnected")
    if became == "connected" and any(gap.began_at <= moment < gap.ended_at for gap in gaps):
        return Shown.UNCHECKED
    return Shown.NONE if became == "disconnected" else Shown(became)
