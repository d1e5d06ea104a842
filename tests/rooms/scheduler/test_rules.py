from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.people import NOON
from webapp.scheduler.rules import CAREFUL, FULL, REST_FROM, SLOW_FROM, at_a_time, hour_name, press_name


def test_every_process_gives_the_hours_round_the_same_name() -> None:
    assert hour_name(NOON) == hour_name(NOON + timedelta(minutes=59)) == "2026-11-22T12"
    assert hour_name(NOON + timedelta(hours=1)) != hour_name(NOON)


def test_pressing_twice_within_a_second_is_one_round_and_two_people_are_two() -> None:
    assert press_name(NOON, 1) == press_name(NOON + timedelta(milliseconds=900), 1)
    assert press_name(NOON, 1) != press_name(NOON, 2)


@pytest.mark.parametrize(
    ("usage", "failing", "channels"),
    [(0, False, FULL), (SLOW_FROM - 1, False, FULL), (0, True, CAREFUL), (SLOW_FROM, False, 37), (70, True, 12)],
)
def test_fewer_channels_are_taken_near_the_limit_and_while_meta_fails(usage: int, failing: bool, channels: int) -> None:
    assert at_a_time(FULL, usage, failing=failing) == channels


@given(st.integers(0, 300), st.booleans(), st.integers(1, FULL))
def test_there_is_always_one_channel_to_learn_from_and_never_more_than_asked_for(
    usage: int, failing: bool, limit: int
) -> None:
    assert 1 <= at_a_time(limit, usage, failing=failing) <= limit


@given(st.integers(SLOW_FROM, REST_FROM - 1), st.integers(1000, 10**6))
def test_no_step_leads_past_the_limit_at_which_the_sweep_rests(usage: int, calls_an_hour: int) -> None:
    used = usage + 100 * 4 * at_a_time(FULL, usage, failing=False) / calls_an_hour
    assert used <= REST_FROM
