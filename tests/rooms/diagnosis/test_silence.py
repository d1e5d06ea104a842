"""When is a silence unusual? On generated customers: rarely by mistake, and soon when messages really stop."""

from bisect import bisect_left
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.people import NOON
from tests.rooms.diagnosis.traffic import MONDAY, WEEK, Shop, live
from webapp.diagnosis.rules import Mark, checks
from webapp.diagnosis.rules.rhythm import ENOUGH, LONGEST, SHORTEST, beginnings, learn
from webapp.diagnosis.rules.silence import silence

WEEKS = 8


@pytest.mark.parametrize(("per_day", "years"), [(0.2, 70), (1, 60), (5, 45), (20, 20), (60, 5), (200, 1)])
def test_by_mistake_a_channel_is_called_quiet_less_than_once_in_four_years(per_day: float, years: int) -> None:
    """201 channel-years in all. Every moment of each year is looked at: any silence that ends after it was due."""
    alarms = sum(live(Shop(seed, per_day), every=4).false_alarms for seed in range(years))
    assert alarms <= max(years / 4, 1)


@pytest.mark.parametrize("days_differ", [0.1, 0.5])
def test_bursts_and_uneven_days_are_no_alarm(days_differ: float) -> None:
    shops = [Shop(seed, 5, days_differ=days_differ, messages=4) for seed in range(10)]
    assert sum(live(shop, every=4).false_alarms for shop in shops) <= 3


@pytest.mark.parametrize(("per_day", "hours"), [(200, 9), (20, 24), (5, 72)])
def test_a_stop_is_noticed(per_day: float, hours: float) -> None:
    """Half of the stops, which fall on nights and Sundays too, within so many hours."""
    noticed = sorted(wait for seed in range(3) for wait in live(Shop(seed, per_day), 16, every=4, stops=True).noticed)
    assert noticed[len(noticed) // 2] <= hours


def test_a_shop_that_fades_is_no_alarm() -> None:
    """Half as many customers each fortnight: the last one counts."""
    moments = [at for _, at in Shop(3, 40).written(WEEKS)]
    fading = [at for number, at in enumerate(moments) if number % 2 ** ((at - MONDAY) // (2 * WEEK)) == 0]
    rhythm = learn(fading)
    assert rhythm is not None
    assert rhythm.expected(fading[-1], fading[-1] + WEEK) < 0.6 * len(fading) / WEEKS


@given(st.integers(0, 10_000), st.sampled_from([1.0, 5.0, 40.0]))
@examples(10, thorough=100)
def test_what_was_usual_until_now_is_never_unusual(seed: int, per_day: float) -> None:
    """No pause of the very history that it was learnt from; and what is due is due when as much was missed."""
    began = [at for _, at in Shop(seed, per_day).written(WEEKS)]
    rhythm = learn(began)
    assert rhythm is not None
    for before, after in pairwise(began):
        due = rhythm.due(before)
        assert due is None or due > after or after - before < SHORTEST
    due = rhythm.due(began[-1])
    if due is not None and due - began[-1] > SHORTEST:
        assert due - began[-1] <= LONGEST
        assert rhythm.expected(began[-1], due) == pytest.approx(rhythm.limit, rel=1e-6)


def test_closed_hours_count_nothing() -> None:
    """A shop that is open nine to five, every day but Sunday."""
    hours = [MONDAY + timedelta(hours=hour) for hour in range(24 * 7 * WEEKS)]
    open_hours = [hour for hour in hours if 9 <= hour.hour < 17 and hour.weekday() < 6]
    began = [hour + timedelta(minutes=minute) for hour in open_hours for minute in (5, 25, 45)]
    saturday = began[bisect_left(began, MONDAY + 7 * WEEK + timedelta(days=6)) - 1]
    rhythm = learn(began)
    assert rhythm is not None
    assert rhythm.expected(saturday, saturday + timedelta(hours=39)) < 1
    due = rhythm.due(saturday)
    assert due is not None
    assert (due.weekday(), 9 <= due.hour < 17) == (0, True)


def test_a_burst_of_one_customer_is_one_conversation() -> None:
    minutes = [NOON + timedelta(minutes=number) for number in range(5)]
    written = [("a", at) for at in minutes] + [("b", NOON + timedelta(hours=1)), ("a", NOON + timedelta(hours=13))]
    assert beginnings(written) == [NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=13)]


@pytest.mark.parametrize(
    ("count", "every", "word"),
    [
        (0, 1, "too_little"),
        (1, 1, "too_little"),
        (ENOUGH - 1, 24, "too_little"),
        (100, 1, "too_new"),
        (ENOUGH, 66, "rare"),
        (600, 2, "usual"),
    ],
)
def test_too_little_too_new_and_rare_say_so(count: int, every: int, word: str) -> None:
    written = [(number, NOON - timedelta(hours=every) * (count - number)) for number in range(count)]
    found = silence(written, NOON)
    assert found.word == word
    assert checks.quiet(found).mark == (Mark.PASS if word == "usual" else Mark.UNKNOWN)


def test_a_silence_says_how_long_and_since_when_it_is_unusual() -> None:
    written = [(number, NOON - timedelta(hours=2) * (600 - number)) for number in range(600)]
    found = silence(written, NOON + timedelta(days=2))
    assert (found.word, found.usual, found.longest) == ("unusual", timedelta(hours=2), timedelta(hours=2))
    assert found.silent == timedelta(days=2, hours=2)
    assert found.due is not None
    assert NOON < found.due < NOON + timedelta(days=1)
    assert checks.quiet(found).mark is Mark.WARNING
