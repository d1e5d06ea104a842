"""Whoever lets an account go lets its Page go too, also when Meta is down just then."""

import pytest
from flask import Flask

from tests.people import People
from tests.rooms.channels.checking import fresh
from tests.rooms.channels.story import Story
from tests.rooms.channels.test_actions import subscribed
from webapp.channels.actions import disconnect
from webapp.channels.actions.disconnect import AGAIN, release_due
from webapp.channels.models import Channel
from webapp.core import clock


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_subscription_that_could_not_be_taken_back_is_taken_back_later_unless_the_account_is(
    house: Flask, story: Story, people: People, connected: Channel, comes_back: bool
) -> None:
    story.sandbox.control("causes", cause="outage", on=True)
    disconnect(connected, people.alice, meta=house.extensions["meta"], now=clock.now())
    story.sandbox.control("causes", cause="outage", on=False)
    assert fresh(connected).page_token is not None
    if comes_back:
        story.connect(connected.external_id)
    release_due(meta=house.extensions["meta"], now=clock.now() + AGAIN)
    assert subscribed(story) is comes_back
    assert (fresh(connected).page_token is not None) is comes_back
    assert fresh(connected).release_at is None
