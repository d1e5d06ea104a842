"""What operators do with deliveries: look, handle once more; and how long they are kept."""

import logging
from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask

from tests.people import NOON, People, make_channel
from tests.rooms.webhooks.stored import deliveries, handle_due, messages, store
from tests.rooms.webhooks.wire import dm
from webapp import metrics, retention
from webapp.core import clock, db
from webapp.inbox import actions as inbox
from webapp.webhooks.actions import NO_CHANNEL


def flask(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["deliveries", *words])


def fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that cannot be handled now."""
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "receive_all", lambda *all, **rest: 1 / 0)
        store(dm("secret words", mid="failed"))
        handle_due()


def test_what_failed_is_listed_with_its_reason_and_without_its_content(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(people.aurora, people.alice)
    fail(monkeypatch)
    store(dm("fine"))
    handle_due()
    said = flask(house, "list", "--failed").output
    assert "tried 1  waits until" in said
    assert said.count("\n") == 1
    assert "ZeroDivisionError" in said
    assert "secret words" not in flask(house, "list").output
    (failed,) = [one for one in metrics.collected(clock.now()) if one.name == "omnichat_deliveries_failed"]
    assert failed.values == {'problem="ZeroDivisionError"': 1.0}


def test_what_failed_is_replayed_once_it_can_be_handled(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(people.aurora, people.alice)
    fail(monkeypatch)
    answer = flask(house, "replay", "--failed")
    assert (answer.exit_code, answer.output) == (0, "1 replayed, 1 handled, 0 still failing\n")
    assert [one.text for one in messages()] == ["secret words"]
    assert flask(house, "replay", "--failed").output == "0 replayed, 0 handled, 0 still failing\n"


def test_a_replay_that_fails_again_says_so_and_leaves_it_waiting(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(people.aurora, people.alice)
    fail(monkeypatch)
    monkeypatch.setattr(inbox, "receive_all", lambda *all, **rest: 1 / 0)
    answer = flask(house, "replay", "--failed")
    assert answer.exit_code == 1
    assert "ZeroDivisionError\n1 replayed, 0 handled, 1 still failing" in answer.output
    assert deliveries()[0].handled_at is None


def test_messages_of_an_account_that_nobody_held_come_in_by_replaying_that_time(house: Flask, people: People) -> None:
    store(dm("before", mid="a"), NOON - timedelta(hours=2))
    store(dm("meanwhile", mid="b"), NOON)
    store(dm("after", mid="c"), NOON + timedelta(hours=2))
    handle_due()
    assert [one.problem for one in deliveries()] == [NO_CHANNEL] * 3
    make_channel(people.aurora, people.alice)
    span = ("--since", "2026-11-22T11:00", "--until", "2026-11-22T14:00:00+01:00")
    for _ in range(2):
        assert flask(house, "replay", *span).output == "1 replayed, 1 handled, 0 still failing\n"
        assert [one.text for one in messages()] == ["meanwhile"]
    by_id = flask(house, "replay", "1", "3", "99").output
    assert by_id == "not here (any more): 99\n2 replayed, 2 handled, 0 still failing\n"
    assert sorted(one.text for one in messages()) == ["after", "before", "meanwhile"]


def test_nobody_replays_everything_by_mistake(house: Flask) -> None:
    assert flask(house, "replay").exit_code == 2
    assert flask(house, "replay", "--since", "yesterday").exit_code == 2
    assert flask(house, "list").output == "none\n"


def test_raw_deliveries_go_after_thirty_days_and_failed_ones_after_ninety_with_a_word(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_channel(people.aurora, people.alice)
    for number in range(5):
        store(dm(mid=f"m{number}"))
    handle_due()
    fail(monkeypatch)
    now = clock.now()
    assert retention.purge(now=now + timedelta(days=29)) == {}
    assert retention.purge(now=now + timedelta(days=31), portion=2) == {"deliveries": 5}
    assert [one.problem for one in deliveries()] == ["ZeroDivisionError"]
    assert retention.purge(now=now + timedelta(days=89)) == {}
    with caplog.at_level(logging.WARNING, "webapp.retention"):
        assert retention.purge(now=now + timedelta(days=91)) == {"failed deliveries": 1}
    assert caplog.messages[-1:] == ["1 deliveries were purged after 90 days without being handled"]
    db.assert_left()
    assert len(messages()) == 5
