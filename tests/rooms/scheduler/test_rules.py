from datetime import timedelta

from tests.people import NOON
from webapp.scheduler.rules import hour_name, press_name


def test_every_process_gives_the_hours_round_the_same_name() -> None:
    assert hour_name(NOON) == hour_name(NOON + timedelta(minutes=59)) == "2026-11-22T12"
    assert hour_name(NOON + timedelta(hours=1)) != hour_name(NOON)


def test_pressing_twice_within_a_second_is_one_round_and_two_people_are_two() -> None:
    assert press_name(NOON, 1) == press_name(NOON + timedelta(milliseconds=900), 1)
    assert press_name(NOON, 1) != press_name(NOON, 2)
