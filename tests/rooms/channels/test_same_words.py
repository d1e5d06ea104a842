"""Row, page, banner of the conversation, overview and mail say the same of every cause, and clear together."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from tests.people import NOON, People, make_channel
from tests.rooms.channels.test_channel_health import become
from tests.rooms.channels.test_notify import mails
from tests.rooms.inbox.happenings import write
from webapp.accounts.models import Person
from webapp.channels.actions.notify import notify_due
from webapp.channels.models import Channel
from webapp.channels.rules import ATTENTION, HEALTHY, MAILED, Verdict
from webapp.channels.status import Status
from webapp.core import clock
from webapp.meta.errors import Cause

SignIn = Callable[[FlaskClient, Person], FlaskClient]
SCREENS = {
    "row": "/w/aurora/social-channels",
    "page": "/w/aurora/channels/1",
    # Before the overview: looking at a conversation reads it, and the overview counts the unread.
    "banner": "/w/aurora/conversations/1",
    "overview": "/w/aurora",
}
POLL = {"row": "/accounts?", "page": "/state?", "banner": "/conversations/1/thread?", "overview": "/summary?"}


@pytest.fixture
def channel(house: Flask, people: People, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """Connected and healthy, with one conversation; everything happens at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    made = make_channel(
        people.aurora, people.alice, verdict_at=NOON, checked_at=NOON, next_check_at=NOON + timedelta(hours=1)
    )
    write(made)
    return made


def plain(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def said(app: Flask, macro: str, cause: Cause) -> str:
    source = f'{{% from "channels/causes.html" import {macro} %}}{{{{ {macro}(cause, *user) }}}}'
    with force_locale("en"):
        user = ["林小姐"] if macro == "cause_advice" else []
        return html.unescape(app.jinja_env.from_string(source).render(cause=cause, user=user)).strip()


def polls(client: FlaskClient) -> dict[str, str]:
    """The address with which each screen, as it stands now, asks for news."""
    found = {}
    for name, address in SCREENS.items():
        asked = re.findall(r'hx-get="([^"]+)"', client.get(address).text)
        found[name] = next(one for one in asked if POLL[name] in one)
    return {name: html.unescape(address) for name, address in found.items()}


def verdict_of(cause: Cause) -> Verdict:
    return Verdict(Status.ATTENTION if cause in ATTENTION else Status.LOST, cause)


def letter() -> str:
    """What Carol, who reads English, was written last: the text and the HTML."""
    last = [one for one in mails() if one.address == "carol@example.com"][-1]
    return plain(last.text) + plain(last.html)


def test_every_cause_is_told_alike(
    house: Flask, client: FlaskClient, people: People, sign_in: SignIn, channel: Channel
) -> None:
    sign_in(client, people.alice)
    anew = {name: re.sub(r"(seen|after)=[^&]*", r"\1=other", address) for name, address in polls(client).items()}
    for number, cause in enumerate(Cause):
        moment = NOON + timedelta(minutes=number)
        become(channel, verdict_of(cause), "sweep", moment)
        told = {name: plain(client.get(address).text) for name, address in anew.items()}
        if notify_due(moment + timedelta(seconds=11)):
            told["mail"] = letter()
        assert ("mail" in told) == (cause in MAILED)
        for name, text in told.items():
            assert said(house, "cause_title", cause) in text, (cause, name)
            assert said(house, "cause_advice", cause) in text, (cause, name)
        become(channel, HEALTHY, "sweep", moment + timedelta(seconds=30))


@pytest.mark.parametrize("cause", [Cause.PASSWORD_CHANGED, Cause.ACCESS_OFF])
def test_all_screens_change_and_clear_within_one_poll(
    house: Flask, client: FlaskClient, people: People, sign_in: SignIn, channel: Channel, cause: Cause
) -> None:
    sign_in(client, people.alice)
    healthy = polls(client)
    assert [client.get(address).status_code for address in healthy.values()] == [204] * 4
    become(channel, verdict_of(cause), "sweep", NOON)
    assert [said(house, "cause_title", cause) in client.get(address).text for address in healthy.values()] == [True] * 4
    broken = polls(client)
    assert [client.get(address).status_code for address in broken.values()] == [204] * 4
    become(channel, HEALTHY, "sweep", NOON + timedelta(minutes=1))
    for name, address in broken.items():
        answer = client.get(address)
        assert answer.status_code == 200, name
        assert said(house, "cause_advice", cause) not in plain(answer.text), name


def test_what_is_read_aloud_is_the_state_in_one_breath(
    client: FlaskClient, people: People, sign_in: SignIn, channel: Channel
) -> None:
    become(channel, Verdict(Status.LOST, Cause.EXPIRED), "sweep", NOON)
    sign_in(client, people.alice)
    for name in ("row", "page", "banner"):
        assert 'data-says="@shop.1: Connection lost, The authorisation expired."' in client.get(SCREENS[name]).text, (
            name
        )
    overview = client.get(SCREENS["overview"]).text
    assert 'data-says="1 account needs you."' in overview
    assert '<p class="sr-only" id="says" role="status"></p>' in overview


@pytest.mark.parametrize(("cause", "looks"), [(Cause.PASSWORD_CHANGED, 0), (Cause.ACCESS_OFF, 1)])
def test_the_mail_has_one_button_an_account(house: Flask, channel: Channel, cause: Cause, looks: int) -> None:
    become(channel, verdict_of(cause), "sweep", NOON)
    notify_due(NOON + timedelta(seconds=11))
    for one in mails():
        assert one.html.count('class="press"') == 1
        assert (one.html.count("/diagnosis"), one.text.count("/diagnosis")) == (looks, looks)
