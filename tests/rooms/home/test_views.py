import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import NOON, People, make_channel
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox.models import Contact, Conversation

SignIn = Callable[[FlaskClient, Person], FlaskClient]
Connect = Callable[..., Channel]


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter past noon: what is shown changes with the minute, so the minute stands still."""
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=15))


@pytest.fixture
def alice(client: FlaskClient, people: People, sign_in: SignIn) -> FlaskClient:
    return sign_in(client, people.alice)


@pytest.fixture
def connect(app: Flask, people: People) -> Connect:
    def make(number: int, **changes: Any) -> Channel:
        values = {"next_check_at": NOON + timedelta(hours=1), "checked_at": NOON, "verdict_at": NOON}
        with app.app_context():
            return make_channel(people.aurora, people.alice, number=number, **(values | changes))

    return make


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_new_workspace_is_led_step_by_step_until_a_customer_has_written(
    app: Flask, alice: FlaskClient, connect: Connect
) -> None:
    page = alice.get("/w/aurora").text
    assert "Connect an account" in words(page)
    assert page.count('action="/w/aurora/authorizations"') == 2
    channel = connect(1)
    page = words(alice.get("/w/aurora").text)
    assert "Write to your account from another one." in page
    assert "Done Connect an account" in page
    with app.app_context(), db.transaction() as session:
        contact = Contact(channel_id=channel.id, external_id="1", first_at=NOON)
        session.add(contact)
        session.flush()
        mine = {"workspace_id": channel.workspace_id, "channel_id": channel.id, "contact_id": contact.id}
        session.add(Conversation(**mine, latest_at=NOON))
    assert "First steps" not in alice.get("/w/aurora").text
    with app.app_context(), db.transaction() as session:
        session.get_one(Channel, channel.id).status = "disconnected"
    page = words(alice.get("/w/aurora").text)
    assert "Connect an account Once an Instagram account" in page, "whoever was here before is led to the accounts"
    assert "First steps" not in page


def test_who_may_not_connect_is_told_whom_to_ask(client: FlaskClient, people: People, sign_in: SignIn) -> None:
    page = sign_in(client, people.mark).get("/w/aurora").text
    assert "Ask Alice, Carol to connect one." in words(page)


def test_one_sentence_says_that_everything_works(alice: FlaskClient, connect: Connect) -> None:
    connect(1)
    connect(2)
    assert "Everything works: 2 accounts are connected." in words(alice.get("/w/aurora").text)


def test_what_is_broken_comes_first_with_its_cause_and_a_button(alice: FlaskClient, connect: Connect) -> None:
    connect(1)
    lost = connect(2, status="lost", cause="password_changed")
    page = alice.get("/w/aurora").text
    assert "1 account works · 1 needs you" in words(page)
    assert "The Facebook password was changed" in page
    assert f'href="/w/aurora/channels/{lost.id}"' in page
    assert f'action="/w/aurora/channels/{lost.id}/authorization"' in page
    assert "@shop.1" not in page


def test_the_menu_of_every_page_counts_what_needs_somebody(app: Flask, alice: FlaskClient, connect: Connect) -> None:
    lost = connect(1, status="lost", cause="expired")
    connect(2, status="attention", cause="access_off")
    connect(3)
    page = alice.get("/w/aurora/conversations").text
    assert "2 accounts need you." in words(page)
    address = "/w/aurora/social-channels/needs?seen=1-1"
    assert address in page
    assert alice.get(address).status_code == 204
    with app.app_context(), db.transaction() as session:
        row = session.get_one(Channel, lost.id)
        row.status, row.cause = "connected", None
    assert "1 account needs you." in words(alice.get(address).text)


def test_accounts_that_one_login_revives_are_told_together(
    client: FlaskClient, alice: FlaskClient, people: People, connect: Connect, sign_in: SignIn
) -> None:
    first = connect(1, status="lost", cause="password_changed")
    once = "2 accounts work again once 林小姐 signs in to Facebook again"
    pages = ("/w/aurora", "/w/aurora/social-channels")
    connect(2, status="lost", cause="security_check")
    connect(3, status="attention", cause="access_off")
    # One alone is no matter of together, whatever else is broken.
    assert ["leave everything ticked. It revives" in words(alice.get(page).text) for page in pages] == [False, False]
    connect(4, status="lost", cause="two_factor")
    shown = [alice.get(page).text for page in pages]
    assert [once in words(page) for page in shown] == [True, True]
    # One button leads; what it does for all of them is not repeated in their rows.
    assert [page.count("button is-primary") for page in shown] == [1, 1]
    assert all(f'action="/w/aurora/channels/{first.id}/authorization"' in page for page in shown)
    assert all(words(page).count("Either one signs every app out") == 0 for page in shown)
    # Who may not repair anything is not told how.
    assert "signs in to Facebook again" not in sign_in(client, people.bob).get("/w/aurora").text


def test_an_agent_sees_the_cause_and_whom_to_ask_in_place_of_a_button(
    client: FlaskClient, people: People, sign_in: SignIn, connect: Connect
) -> None:
    lost = connect(1, status="lost", cause="password_changed")
    page = sign_in(client, people.bob).get("/w/aurora").text
    assert "The Facebook password was changed" in page
    assert "Ask Alice, Carol to repair it." in words(page)
    assert f'href="/w/aurora/channels/{lost.id}"' not in page


def test_a_disconnected_account_is_neither_working_nor_broken(alice: FlaskClient, connect: Connect) -> None:
    connect(1, status="disconnected")
    assert "No account is connected yet." in words(alice.get("/w/aurora").text)


def test_a_state_that_is_older_than_three_hours_says_so(alice: FlaskClient, connect: Connect) -> None:
    old = NOON - timedelta(hours=4)
    connect(1, verdict_at=old, authorized_at=old)
    assert "1 account could not be checked for more than 3 hours" in words(alice.get("/w/aurora").text)


def test_an_account_connected_just_now_needs_no_verdict_yet(alice: FlaskClient, connect: Connect) -> None:
    connect(1, verdict_at=None, checked_at=None)
    assert "could not be checked" not in alice.get("/w/aurora").text


def test_the_last_and_the_next_check_are_shown(alice: FlaskClient, connect: Connect) -> None:
    connect(1)
    page = words(alice.get("/w/aurora").text)
    assert "Last check 15 minutes ago" in page
    assert "Next check: in 45 minutes" in page


def test_unread_conversations_are_counted_and_the_longest_wait_is_told(
    app: Flask, alice: FlaskClient, connect: Connect
) -> None:
    channel = connect(1)
    with app.app_context(), db.transaction() as session:
        for number, unread, minutes in ((1, 3, 20), (2, 1, 5), (3, 0, None)):
            contact = Contact(channel_id=channel.id, external_id=str(number), first_at=NOON)
            session.add(contact)
            session.flush()
            session.add(
                Conversation(
                    workspace_id=channel.workspace_id,
                    channel_id=channel.id,
                    contact_id=contact.id,
                    latest_at=NOON,
                    unread=unread,
                    waiting_since=NOON - timedelta(minutes=minutes) if minutes else None,
                )
            )
    page = words(alice.get("/w/aurora").text)
    assert "Unread conversations 2 " in page
    assert "Longest without an answer 35 minutes ago" in page


def test_who_has_no_conversations_is_not_told_of_unread_ones(
    client: FlaskClient, people: People, sign_in: SignIn, connect: Connect
) -> None:
    connect(1)
    assert "Unread conversations" not in sign_in(client, people.mark).get("/w/aurora").text


def test_nothing_of_another_workspace_is_seen(
    client: FlaskClient, people: People, sign_in: SignIn, connect: Connect
) -> None:
    connect(1, status="lost", cause="expired")
    sign_in(client, people.dave)
    assert "@shop.1" not in client.get("/w/borealis").text
    assert client.get("/w/aurora").status_code == 404
    assert client.get("/w/aurora/summary").status_code == 404


def test_a_poll_answers_only_when_something_changed(app: Flask, alice: FlaskClient, connect: Connect) -> None:
    channel = connect(1)
    found = re.search(r"/w/aurora/summary\?seen=\w+", alice.get("/w/aurora").text)
    assert found
    assert alice.get(found[0]).status_code == 204
    with app.app_context(), db.transaction() as session:
        row = session.get_one(Channel, channel.id)
        row.status, row.cause = "lost", "expired"
        row.touch()
    answer = alice.get(found[0])
    assert answer.status_code == 200
    assert "1 account needs you." in words(answer.text)
    assert "<html" not in answer.text
