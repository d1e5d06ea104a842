"""A trip that nobody ends comes to an end by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.rooms.channels.story import Story
from tests.rooms.channels.test_channel_page import HTMX
from webapp.channels.actions import end_abandoned, forget_trips
from webapp.channels.models import Authorization
from webapp.channels.models.authorization import KEPT, LEASE, LIFE
from webapp.core import clock, db

MORNING = "17841405822301001"
SENTENCES = {"en": "We were interrupted", "zh_Hant_TW": "剛才中斷了"}


def die_in_the_callback(story: Story) -> str:
    """The process ends while it asks Facebook; returns where its answer would have led."""
    gate = story.client.application.extensions["meta"]
    callback, whoami = story.in_dialog(story.press_connect()), gate.whoami

    def killed(token: object) -> None:
        raise SystemExit

    gate.whoami = killed
    try:
        with pytest.raises(SystemExit):
            story.client.get(callback)
    finally:
        gate.whoami = whoami
    return story.land(callback)


def ended(story: Story, later: timedelta) -> int:
    """How many trips the tick ends at that time."""
    with story.client.application.app_context():
        return end_abandoned(now=clock.now() + later)


def watch(story: Story) -> str:
    return story.client.get("/w/aurora/authorizations/watch?since=0", headers=HTMX).text


def test_a_trip_whose_process_died_says_so_and_can_be_made_again(story: Story) -> None:
    page = die_in_the_callback(story)
    waiting = story.client.get(page)
    assert "One moment" in waiting.text
    assert waiting.headers["Refresh"] == "3"
    assert ended(story, LEASE - timedelta(minutes=1)) == 0
    assert "Finish in the Facebook tab" in watch(story)

    assert ended(story, LEASE + timedelta(seconds=1)) == 1
    for language, sentence in SENTENCES.items():
        story.client.set_cookie("language", language)
        assert sentence in watch(story)
        told = story.client.get(page)
        assert sentence in told.text
        assert "Refresh" not in told.headers
    story.client.set_cookie("language", "en")
    assert "Try again" in watch(story)
    assert "Connected" in story.connect(MORNING)


def test_a_closed_facebook_tab_is_not_waited_for_for_ever(story: Story) -> None:
    story.press_connect()
    assert ended(story, LIFE - timedelta(minutes=1)) == 0
    assert ended(story, LIFE + timedelta(seconds=1)) == 1
    assert "The Facebook window was open for too long" in watch(story)


def test_an_end_that_stands_stays(story: Story) -> None:
    story.land(story.in_dialog(story.press_connect(), cancel=True))
    assert ended(story, KEPT) == 0
    assert "You cancelled" in watch(story)


def test_trips_are_not_kept_for_ever(story: Story) -> None:
    story.press_connect()
    for late, left in ((-1, 1), (1, 0)):
        with story.client.application.app_context():
            forget_trips(now=clock.now() + KEPT + timedelta(minutes=late))
            assert len(db.session().scalars(select(Authorization)).all()) == left
