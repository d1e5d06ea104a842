"""Where the diagnosis is found, and what those are told who may not open it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import People, make_channel
from webapp.accounts.models import Person
from webapp.channels.models import Channel

Enter = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def channel(app: Flask, people: People) -> Channel:
    with app.app_context():
        return make_channel(people.aurora, people.alice, status="attention", cause="access_off")


def test_where_no_message_is_the_way_to_the_diagnosis_is_shown(
    channel: Channel, client: FlaskClient, people: People, sign_in: Enter
) -> None:
    link = f'href="/w/aurora/channels/{channel.id}/diagnosis"'
    sign_in(client, people.alice)
    for page in (
        "conversations",
        f"conversations?channel={channel.id}",
        "social-channels",
        f"channels/{channel.id}",
    ):
        assert link in client.get(f"/w/aurora/{page}").text, page


def test_an_agent_is_told_whom_to_ask_where_no_message_is(
    channel: Channel, client: FlaskClient, people: People, sign_in: Enter
) -> None:
    sign_in(client, people.bob)
    for page in ("conversations", f"conversations?channel={channel.id}"):
        text = client.get(f"/w/aurora/{page}").text
        assert "/diagnosis" not in text
        assert "Ask Alice, Carol to look where they stop" in text
