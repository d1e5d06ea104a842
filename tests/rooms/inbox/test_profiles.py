"""Names and pictures of customers, against the sandbox's Graph API."""

import pytest

from tests.rooms.inbox.happenings import lines, minutes_ago, talk, write
from tests.running import Sandbox
from webapp.channels.models import Channel
from webapp.core import clock
from webapp.inbox import jobs
from webapp.inbox.models import Conversation


@pytest.fixture
def written_to(connected: Channel) -> Channel:
    """The sandbox's customer wrote five minutes ago."""
    write(connected, at=minutes_ago(5))
    return connected


def test_a_name_and_a_picture_are_fetched_when_there_is_time(written_to: Channel) -> None:
    jobs.fetch_profiles_due()
    contact = talk().contact
    assert (contact.name, contact.username) == ("張雅婷", "yating.daily")
    assert contact.picture_url.startswith("http")
    assert contact.profile_due_at is None


def test_a_customer_whom_meta_does_not_show_keeps_a_number(written_to: Channel) -> None:
    write(written_to, "stranger", contact_id="999888777")
    jobs.fetch_profiles_due()
    stranger = talk_with("999888777").contact
    assert (stranger.label, stranger.profile_due_at) == ("#888777", None)


def test_profiles_are_asked_for_again_when_meta_was_only_busy(written_to: Channel, sandbox: Sandbox) -> None:
    sandbox.control("causes", cause="outage", on=True)
    now = clock.now()
    jobs.fetch_profiles_due()
    due = talk().contact.profile_due_at
    assert due is not None
    assert due > now
    assert talk().contact.label == "#272581"


def talk_with(contact_id: str) -> Conversation:
    return next(one.conversation for one in lines() if one.conversation.contact.external_id == contact_id)
