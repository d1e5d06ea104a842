"""Windows, limits and pauses."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.inbox.rules import Reply, composer, is_too_long, next_try, tidy

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ago", "reply"),
    [
        (timedelta(0), Reply.FREE),
        (timedelta(hours=24) - SECOND, Reply.FREE),
        (timedelta(hours=24), Reply.HUMAN_AGENT),
        (timedelta(days=7) - SECOND, Reply.HUMAN_AGENT),
        (timedelta(days=7), Reply.CLOSED),
    ],
)
def test_the_reply_window_is_a_day_free_and_a_week_by_a_person(ago: timedelta, reply: Reply) -> None:
    assert composer("connected", NOON - ago, NOON).reply is reply


def test_the_composer_says_until_when_it_stays_open() -> None:
    assert composer("connected", NOON, NOON).until == NOON + timedelta(hours=24)
    assert composer("attention", NOON - timedelta(hours=30), NOON).until == NOON + timedelta(days=7, hours=-30)


@pytest.mark.parametrize(
    ("status", "last", "reason"),
    [
        ("lost", NOON - timedelta(days=8), "lost"),
        ("disconnected", NOON, "disconnected"),
        ("connected", None, "silent"),
        ("connected", NOON - timedelta(days=8), "window"),
    ],
)
def test_a_closed_composer_says_why(status: str, last: datetime | None, reason: str) -> None:
    state = composer(status, last, NOON)
    assert (state.is_open, state.may_wait, state.reason, state.key) == (False, False, reason, reason)


def test_while_the_channel_is_lost_a_reply_may_wait_as_long_as_it_could_be_sent() -> None:
    state = composer("lost", NOON, NOON + timedelta(days=6))
    assert (state.is_open, state.may_wait, state.until) == (False, True, NOON + timedelta(days=7))
    assert state.key != composer("lost", NOON, NOON + timedelta(days=7)).key


@pytest.mark.parametrize(
    ("platform", "text", "too_long"),
    [
        ("instagram", "你" * 333, False),
        ("instagram", "你" * 334, True),
        ("instagram", "❤️" * 166, False),
        ("instagram", "❤️" * 167, True),
        ("instagram", "a" * 1000, False),
        ("messenger", "你" * 2000, False),
        ("messenger", "你" * 2001, True),
    ],
)
def test_instagram_counts_bytes_and_messenger_characters(platform: str, text: str, too_long: bool) -> None:
    assert is_too_long(platform, text) is too_long


def test_a_text_is_sent_as_it_was_written_and_not_as_forms_send_it() -> None:
    assert tidy("  one\r\ntwo \x00\ud800 ") == "one\ntwo \ufffd"
    assert tidy(" \r\n ") == ""


def test_temporary_refusals_are_tried_three_times_again_and_then_left_to_a_person() -> None:
    pauses = [next_try(tries, None, NOON) for tries in (1, 2, 3, 4)]
    assert pauses[3] is None
    assert [moment for moment in pauses if moment] == sorted(moment for moment in pauses if moment)


def test_nobody_waits_longer_than_some_minutes_for_meta() -> None:
    assert next_try(1, 60, NOON) == NOON + timedelta(seconds=60)
    assert next_try(1, 3600, NOON) is None
