"""The page of the two tabs."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import NOON, People, make_channel
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import db

Enter = Callable[[FlaskClient, Person], FlaskClient]
PAGE = "/w/aurora/social-channels"


@pytest.fixture
def alice(client: FlaskClient, people: People, sign_in: Enter) -> FlaskClient:
    return sign_in(client, people.alice)


def furnish(app: Flask, people: People, count: int, **first: object) -> None:
    with app.app_context():
        make_channel(people.aurora, people.alice, number=0, **first)
        for number in range(1, count):
            make_channel(people.aurora, people.alice, number=number)


def test_the_broken_one_comes_first_and_the_sentence_counts_all(app: Flask, alice: FlaskClient, people: People) -> None:
    furnish(app, people, 60, status="lost", cause="password_changed")
    page = alice.get(PAGE).text
    assert "59 accounts work" in page
    assert "1 needs you" in page
    assert page.count('class="account is-') == 50
    assert page.index("@shop.0<") < page.index('class="account is-connected"')


def test_the_rest_is_on_the_next_page(app: Flask, alice: FlaskClient, people: People) -> None:
    furnish(app, people, 60)
    first, second = (alice.get(f"{PAGE}?page={number}").text for number in (1, 2))
    shown = [[number for number in range(60) if f"@shop.{number}<" in page] for page in (first, second)]
    assert [len(one) for one in shown] == [50, 10]
    assert sorted(shown[0] + shown[1]) == list(range(60))
    assert "page=2" in first


@pytest.mark.parametrize("odd", ["0", "-1", "x", "", "99999999999999999999"])
def test_an_odd_page_number_shows_a_page(app: Flask, alice: FlaskClient, people: People, odd: str) -> None:
    furnish(app, people, 1)
    assert alice.get(f"{PAGE}?page={odd}").status_code == 200


@pytest.mark.parametrize("path", [PAGE, "/w/aurora"])
def test_a_page_asks_the_database_as_much_for_one_account_as_for_sixty(
    app: Flask, alice: FlaskClient, people: People, asked: list[str], path: str
) -> None:
    asks = []
    for begin, end in ((0, 1), (1, 60)):
        with app.app_context():
            for number in range(begin, end):
                state = ("lost", "connected", "attention", "disconnected")[number % 4]
                cause = {"lost": "expired", "attention": "access_off"}.get(state)
                make_channel(
                    people.aurora, (people.alice, people.carol)[number % 2], number=number, status=state, cause=cause
                )
        alice.get(path)
        asked.clear()
        assert alice.get(path).status_code == 200
        asks.append(len(asked))
    assert asks[0] == asks[1] <= 6


@pytest.mark.parametrize("status", ["connected", "attention", "lost", "disconnected"])
def test_every_address_of_a_row_leads_somewhere(app: Flask, alice: FlaskClient, people: People, status: str) -> None:
    furnish(app, people, 1, status=status, cause=None if status in ("connected", "disconnected") else "expired")
    row = alice.get(PAGE).text.split('class="account is-')[1].split("</li>")[0]
    adapter = app.url_map.bind("localhost")
    addresses = re.findall(r'(href|action|hx-get|hx-post)="(/w/[^"]+)"', row)
    assert len(addresses) > 1
    for kind, address in addresses:
        adapter.match(address.split("?")[0], method="POST" if kind in ("action", "hx-post") else "GET")
    assert "%(" not in row


def test_disconnected_accounts_are_leafed_through_too_the_latest_first(
    app: Flask, alice: FlaskClient, people: People
) -> None:
    with app.app_context():
        for number in range(60):
            at = NOON + timedelta(minutes=number)
            make_channel(people.aurora, people.alice, number=number, status="disconnected", status_since=at)
        make_channel(people.aurora, people.alice, number=60)
    first, second, beyond = (alice.get(f"{PAGE}?page={number}").text for number in (1, 2, 9))
    assert "60 disconnected accounts" in first
    assert first.count('class="account is-disconnected"') == 50
    assert first.index("@shop.59<") < first.index("@shop.10<")
    assert "@shop.60<" not in second
    assert "Nothing connected yet" not in second
    assert second.count('class="account is-disconnected"') == beyond.count('class="account is-disconnected"') == 10


def test_a_check_on_the_second_page_shows_the_second_page(app: Flask, alice: FlaskClient, people: People) -> None:
    furnish(app, people, 60)
    second = alice.get(f"{PAGE}?page=2").text
    address = second.split('hx-post="')[1].split('"')[0]
    fragment = alice.post(address, headers={"HX-Request": "true"}).text
    assert re.findall(r'id="channel-(\d+)"', fragment) == re.findall(r'id="channel-(\d+)"', second)


def test_a_poll_gets_204_until_something_changes(app: Flask, alice: FlaskClient, people: People) -> None:
    furnish(app, people, 1)
    page = alice.get(PAGE).text
    poll = page.split('hx-get="')[1:]
    address = next(one.split('"')[0] for one in poll if "/accounts?" in one).replace("&amp;", "&")
    assert alice.get(address).status_code == 204
    with app.app_context(), db.transaction() as session:
        session.query(Channel).one().touch()
    changed = alice.get(address)
    assert changed.status_code == 200
    assert changed.text.count('id="accounts"') == 1


def test_a_colleague_without_the_right_sees_the_state_and_whom_to_ask(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter
) -> None:
    furnish(app, people, 1, status="lost", cause="app_removed")
    page = sign_in(client, people.bob).get(f"{PAGE}").text
    assert "The app was removed on Facebook" in page
    assert "Reauthorise</button>" not in page
    channel = client.get(page.split('class="account-name"><a href="')[1].split('"')[0]).text
    assert "Ask Alice" in channel


def test_the_other_tab_shows_pages(app: Flask, alice: FlaskClient, people: People) -> None:
    furnish(app, people, 1, platform="messenger", username="", name="Corner Books")
    assert "Corner Books" not in alice.get(PAGE).text
    assert "Corner Books" in alice.get(f"{PAGE}?tab=facebook-pages").text
