"""The notice of an unusual silence: it comes by itself, sleeps when told to, and goes with the next message."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from tests.people import People, make_channel
from webapp.channels import quiet_queries
from webapp.channels.models import Channel, Quiet
from webapp.core import clock, db
from webapp.diagnosis import actions
from webapp.inbox.models import Contact, Conversation, Message

# When somebody wrote last.
LAST = clock.now() - timedelta(days=4)
LONG_AGO = LAST - timedelta(days=90)
NOTICE = "Usually at least"


@pytest.fixture
def channel(app: Flask, people: People) -> Channel:
    """Every four hours somebody writes, for the first time until four days ago."""
    with app.app_context():
        made = make_channel(people.aurora, people.alice, status_since=LONG_AGO, last_inbound_at=LAST)
        with db.transaction() as session:
            for number in range(120):
                at = LAST - timedelta(hours=4 * number)
                session.execute(insert(Contact).values(id=number + 1, **_who(made, number + 1, at)))
                session.execute(insert(Conversation).values(id=number + 1, **_talk(made, number + 1, at)))
                session.execute(insert(Message).values(**_message(made, number + 1, at)))
        return made


def _who(channel: Channel, number: int, at: datetime) -> dict[str, object]:
    return {"channel_id": channel.id, "external_id": str(number), "first_at": at, "profile_due_at": None}


def _talk(channel: Channel, number: int, at: datetime) -> dict[str, object]:
    return {
        "workspace_id": channel.workspace_id,
        "channel_id": channel.id,
        "contact_id": number,
        "latest_at": at,
        "unread": 0,
        "last_inbound_at": at,
    }


def _message(channel: Channel, number: int, at: datetime) -> dict[str, object]:
    return {"conversation_id": number, "channel_id": channel.id, "mid": f"m{number}", "direction": "in", "at": at}


def is_shown(channel: Channel, now: datetime) -> bool:
    current = db.session().get_one(Channel, channel.id, populate_existing=True)
    found = bool(quiet_queries.shown([current], now))
    db.leave()
    return found


def test_an_unusual_silence_is_noticed_snoozed_and_over_with_the_next_message(app: Flask, channel: Channel) -> None:
    with app.app_context():
        assert actions.listen(now=LAST + timedelta(hours=4)) == 1
        assert not is_shown(channel, LAST + timedelta(hours=4))
        due = db.session().get_one(Quiet, channel.id).look_at
        db.leave()
        assert actions.listen(now=due - timedelta(minutes=1)) == 0, "nobody is looked at before it matters"
        revision = channel.revision
        late = LAST + timedelta(days=3)
        assert actions.listen(now=late) == 1
        assert is_shown(channel, late)
        assert db.session().get_one(Channel, channel.id, populate_existing=True).revision == revision + 1

        actions.snooze(channel, "day", now=late)
        assert not is_shown(channel, late + timedelta(hours=23))
        assert is_shown(channel, late + timedelta(hours=25))
        actions.snooze(channel, "message", now=late)
        actions.listen(now=late + timedelta(hours=25))
        assert not is_shown(channel, late + timedelta(days=2))

        _hear(channel, late + timedelta(days=2))
        actions.listen(now=late + timedelta(days=2, hours=12))
        assert not is_shown(channel, late + timedelta(days=2))
        actions.listen(now=late + timedelta(days=6))
        assert is_shown(channel, late + timedelta(days=6)), "the next silence is a new one"
        _hear(channel, late + timedelta(days=6))
        assert not is_shown(channel, late + timedelta(days=6)), "a message ends it at once"


def _hear(channel: Channel, at: datetime) -> None:
    with db.transaction() as session:
        session.get_one(Channel, channel.id, populate_existing=True).last_inbound_at = at


def test_a_broken_channel_is_not_called_quiet_nor_one_that_was_broken_until_now(app: Flask, channel: Channel) -> None:
    late = LAST + timedelta(days=4)
    with app.app_context():
        with db.transaction() as session:
            session.get_one(Channel, channel.id).status = "lost"
        actions.listen(now=LAST + timedelta(days=3))
        with db.transaction() as session:
            current = session.get_one(Channel, channel.id)
            current.status, current.status_since = "connected", late
        actions.listen(now=late + timedelta(minutes=5))
        assert not is_shown(channel, late + timedelta(minutes=5))


def test_the_notice_stands_in_the_row_and_on_the_channels_page_until_it_is_snoozed(
    app: Flask, channel: Channel, client: FlaskClient, people: People, sign_in: object
) -> None:
    with app.app_context():
        actions.listen(now=clock.now())
    pages = ("/w/aurora/social-channels", f"/w/aurora/channels/{channel.id}")
    for person, may in ((people.mark, False), (people.alice, True)):
        sign_in(client, person)  # type: ignore[operator]
        for page in pages:
            text = client.get(page).text
            assert NOTICE in text
            assert "Connected" in text
            assert ("Until the next message" in text) is may
            assert ("Ask Alice" in text) is not may
        client.set_cookie("language", "en")
    address = f"/w/aurora/channels/{channel.id}/snooze"
    assert client.post(address, data={"length": "ever"}).status_code == 400
    assert client.post(address, data={"length": "week", "back": "channel"}).headers["Location"] == pages[1]
    assert all(NOTICE not in client.get(page).text for page in pages)


def test_of_many_that_are_due_at_once_a_tick_looks_at_some_and_the_next_goes_on(house: Flask, people: People) -> None:
    for number in range(1, 6):
        make_channel(people.aurora, people.alice, number=number)
    now = clock.now()
    assert [actions.listen(now=now, portions=2, size=2) for _tick in range(3)] == [4, 1, 0]
