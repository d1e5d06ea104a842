"""A live test ends by itself, and whoever comes later reads how."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from tests.people import People, make_channel
from tests.rooms.channels.story import Story
from tests.rooms.diagnosis.test_views import HTMX, address, deliver
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.diagnosis import actions, queries
from webapp.diagnosis.models import PATIENCE, LiveTest
from webapp.inbox import actions as inbox

Colleague = Callable[[], str]


@pytest.fixture
def begun(story: Story, connected: Channel) -> datetime:
    """Alice started a live test and closed the page."""
    story.client.post(address(connected, "live-test"))
    db.leave()
    return clock.now()


@pytest.fixture
def later(
    house: Flask, people: People, connected: Channel, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> Colleague:
    """What Carol reads when she opens the page."""
    carol = sign_in(house.test_client(), people.carol)
    carol.set_cookie("language", "en")
    return lambda: carol.get(address(connected)).text


def watch(now: datetime) -> int:
    ended = actions.watch(meta=current_app.extensions["meta"], now=now)
    db.leave()
    return ended


def written(story: Story, at: timedelta) -> None:
    """A customer writes so much later, and Meta delivers nothing."""
    seconds = int(at.total_seconds())
    story.sandbox.control("clock", advance=seconds)
    story.sandbox.control("dm", account="@morninglight.coffee", customer="Kevin Wu", text="lost on the way")
    story.sandbox.control("clock", advance=-seconds)


def test_a_message_that_arrives_while_nobody_looks_is_found(
    begun: datetime, connected: Channel, later: Colleague
) -> None:
    assert watch(begun) == 0
    deliver(connected)
    _seconds, tick = current_app.extensions["ticks"]["diagnosis.watch"]
    tick()
    page = later()
    assert "It arrived after 0." in page
    assert "· Alice" in page.split('id="live-test"')[1]
    assert watch(begun + PATIENCE) == 0


def test_a_message_that_only_meta_has_ends_the_test_early_and_is_fetched(
    story: Story, begun: datetime, later: Colleague
) -> None:
    written(story, timedelta(seconds=5))
    assert watch(begun + timedelta(seconds=20)) == 0, "it may still be on its way, and Meta is not asked yet"
    assert watch(begun + timedelta(seconds=40)) == 1
    page = later()
    assert "the webhook is the broken part" in page
    assert "We fetched 1 message from Meta" in page
    assert "lost on the way" in story.client.get("/w/aurora/conversations").text


def test_when_the_time_is_over_meta_is_asked_once_more(story: Story, begun: datetime, later: Colleague) -> None:
    written(story, PATIENCE - timedelta(seconds=5))
    assert watch(begun + PATIENCE - timedelta(seconds=10)) == 0
    assert "Send a DM to @morninglight.coffee now" in later()
    assert watch(begun + PATIENCE) == 1
    assert "the webhook is the broken part" in later()


@pytest.mark.parametrize(
    ("broken", "words"), [(False, "Meta shows none either"), (True, "No message came, and Meta did not answer")]
)
def test_nobody_wrote_or_nobody_answers(
    story: Story, begun: datetime, later: Colleague, broken: bool, words: str
) -> None:
    story.sandbox.control("causes", cause="outage", on=broken)
    assert watch(begun + PATIENCE - timedelta(seconds=1)) == 0
    assert watch(begun + PATIENCE) == 1
    assert words in later()


def test_one_that_breaks_keeps_no_other_waiting_and_ends_with_its_time(
    begun: datetime, connected: Channel, people: People, later: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_channel(people.aurora, people.alice, number=9)
    actions.begin_test(other, people.alice, now=begun)
    find = queries.first_arrival

    def breaks(test: LiveTest) -> object:
        if test.channel_id == connected.id:
            raise RuntimeError("nobody thought of this")
        return find(test)

    monkeypatch.setattr(queries, "first_arrival", breaks)
    assert watch(begun) == 0
    assert watch(begun + PATIENCE) == 2
    monkeypatch.undo()
    assert "No message came, and Meta did not answer" in later()


def test_a_message_after_the_test_is_not_its_message(
    story: Story, begun: datetime, connected: Channel, later: Colleague
) -> None:
    """The workers were down: what came long after the five minutes says nothing about them."""
    with db.transaction() as session:
        test = queries.live_test(connected)
        assert test is not None
        session.merge(test).began_at = begun - timedelta(hours=1)
    deliver(connected)
    assert watch(clock.now()) == 1
    assert "Meta shows none either" in later()


def test_a_message_that_a_backfill_brought_was_not_delivered(
    story: Story, begun: datetime, connected: Channel, later: Colleague
) -> None:
    deliver(connected)
    story.client.post(address(connected, "live-test"))
    written(story, timedelta(seconds=20))
    inbox.fetch_newest(connected.id, meta=current_app.extensions["meta"], now=begun + timedelta(seconds=25))
    assert watch(begun + timedelta(seconds=26)) == 1
    assert "the webhook is the broken part" in later()


def test_what_was_written_before_the_test_is_not_its_message(begun: datetime, connected: Channel) -> None:
    """A repair brings it while the test waits."""
    with db.transaction() as session:
        session.merge(connected).connected_at = begun - timedelta(days=1)
    assert inbox.fetch_newest(connected.id, meta=current_app.extensions["meta"], now=begun) > 0
    assert watch(begun + timedelta(seconds=10)) == 0


def test_two_who_watch_ask_meta_once(story: Story, begun: datetime) -> None:
    meta = current_app.extensions["meta"]
    before = meta.requests_sent
    for _ in range(3):
        watch(begun + timedelta(seconds=31))
    assert meta.requests_sent - before == 1


def test_a_page_that_is_open_shows_the_end_that_somebody_else_saw(
    story: Story, begun: datetime, connected: Channel
) -> None:
    look = address(connected, "live-test/observations")
    assert story.client.post(look, headers=HTMX).status_code == 204
    watch(begun + PATIENCE)
    assert "Meta shows none either" in story.client.post(look, headers=HTMX).text


def test_a_new_test_takes_the_place_of_one_that_waits(story: Story, begun: datetime, connected: Channel) -> None:
    story.client.post(address(connected, "live-test"))
    db.leave()
    assert len(queries.waiting_tests()) == 1
