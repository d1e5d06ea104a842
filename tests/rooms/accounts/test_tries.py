"""Guessing passwords."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import PASSWORD, People, english_browser
from webapp.accounts import rules
from webapp.core import clock

HOME, AWAY = "192.0.2.7", "198.51.100.9"
TOO_MANY = "Too many tries. Wait 5 minutes"


def give(client: FlaskClient, email: str, password: str, place: str = HOME) -> TestResponse:
    return client.post(
        "/sign-in", data={"email": email, "password": password}, environ_overrides={"REMOTE_ADDR": place}
    )


@pytest.fixture
def another(app: Flask) -> FlaskClient:
    """A browser that nobody has signed in with."""
    return english_browser(app)


def test_five_wrong_passwords_close_the_door_for_five_minutes(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        assert "do not match" in give(client, people.alice.email, "no").text
    assert TOO_MANY in give(client, people.alice.email, PASSWORD).text
    later = clock.now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert give(client, people.alice.email, PASSWORD).status_code == 303


def test_an_address_that_nobody_has_is_answered_alike(client: FlaskClient, people: People) -> None:
    known = [give(client, people.alice.email, "no").text for _ in range(6)]
    unknown = [give(client, "nobody@aurora.example", "no").text for _ in range(6)]
    assert [TOO_MANY in page for page in known] == [TOO_MANY in page for page in unknown] == [False] * 5 + [True]


def test_a_strangers_guesses_lock_out_neither_other_places_nor_her_own_browser(
    client: FlaskClient, another: FlaskClient, people: People
) -> None:
    give(client, people.alice.email, PASSWORD)
    client.post("/sign-out")
    for _ in range(6):
        guessed = give(another, people.alice.email, "no", AWAY)
    assert TOO_MANY in guessed.text
    assert give(another, people.alice.email, PASSWORD, HOME).status_code == 303
    assert give(client, people.alice.email, PASSWORD, AWAY).status_code == 303


def test_guesses_from_everywhere_close_one_address_but_not_her_own_browser(
    client: FlaskClient, another: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "FOR_ONE_ADDRESS", rules.Limit(3, timedelta(hours=1)))
    give(client, people.alice.email, PASSWORD)
    client.post("/sign-out")
    for number in range(3):
        give(another, people.alice.email, "no", f"203.0.113.{number}")
    assert "Wait 60 minutes" in give(another, people.alice.email, PASSWORD, HOME).text
    assert give(client, people.alice.email, PASSWORD, HOME).status_code == 303


def test_one_place_cannot_go_through_many_addresses(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "FROM_ONE_PLACE", rules.Limit(3, timedelta(hours=1)))
    for number in range(3):
        give(client, f"guess-{number}@aurora.example", "no")
    assert "Wait 60 minutes" in give(client, people.alice.email, PASSWORD).text
    assert give(client, people.alice.email, PASSWORD, AWAY).status_code == 303


def test_whoever_signs_in_often_is_never_locked_out(client: FlaskClient, people: People) -> None:
    for _ in range(8):
        assert give(client, people.alice.email, PASSWORD).status_code == 303
        client.post("/sign-out")
        client.delete_cookie("omnichat-known")
    for _ in range(4):
        give(client, people.alice.email, "no")
    assert give(client, people.alice.email, PASSWORD).status_code == 303


def test_guesses_side_by_side_are_as_many_as_guesses_one_by_one(
    app: Flask, another: FlaskClient, client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first password is still being looked at, more come in: each was counted before it was looked at."""
    looked_at: list[str] = []

    def slowly(password: str, password_hash: str | None) -> bool:
        looked_at.append(password)
        if len(looked_at) < 9:
            give(another, people.alice.email, f"guess {len(looked_at)}")
        return False

    monkeypatch.setattr("webapp.accounts.passwords.matches", slowly)
    give(client, people.alice.email, "guess 0")
    assert len(looked_at) == 5


def test_a_forged_name_of_a_browser_is_no_browser_that_is_known(client: FlaskClient, people: People) -> None:
    client.set_cookie("omnichat-known", "anything.at.all")
    for _ in range(5):
        give(client, people.alice.email, "no")
    assert TOO_MANY in give(client, people.alice.email, PASSWORD).text


def test_the_known_browser_of_one_person_is_not_that_of_another(client: FlaskClient, people: People) -> None:
    give(client, people.bob.email, PASSWORD)
    client.post("/sign-out")
    for _ in range(6):
        guessed = give(client, people.alice.email, "no")
    assert TOO_MANY in guessed.text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        (None, "not an address", True),
    ],
)
def test_a_network_of_ipv6_is_one_place(one: str | None, other: str | None, same: bool) -> None:
    assert (rules.limits("a@b.c", one, None) == rules.limits("a@b.c", other, None)) is same
