"""The door."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import PASSWORD, People
from webapp.accounts.models import Person, SignIn
from webapp.core import clock, db

Enter = Callable[[FlaskClient, Person], FlaskClient]


def test_a_stranger_is_led_to_the_door_and_back(client: FlaskClient, people: People) -> None:
    asked = client.get("/w/aurora/social-channels?tab=facebook-pages")
    assert asked.status_code == 303
    page = client.get(asked.headers["Location"])
    assert 'value="/w/aurora/social-channels?tab=facebook-pages"' in page.text
    entered = client.post(
        "/sign-in",
        data={
            "email": people.alice.email,
            "password": PASSWORD,
            "next": "/w/aurora/social-channels?tab=facebook-pages",
        },
    )
    assert entered.headers["Location"] == "/w/aurora/social-channels?tab=facebook-pages"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        " //evil.example",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(client: FlaskClient, people: People, target: str) -> None:
    entered = client.post("/sign-in", data={"email": people.alice.email, "password": PASSWORD, "next": target})
    assert entered.headers["Location"] == "/"


def test_a_wrong_password_says_neither_which_part_was_wrong(client: FlaskClient, people: People) -> None:
    wrong = client.post("/sign-in", data={"email": people.alice.email, "password": "no"})
    unknown = client.post("/sign-in", data={"email": "nobody@example.com", "password": "no"})
    assert wrong.status_code == unknown.status_code == 422
    for page in (wrong.text, unknown.text):
        assert "E-mail and password do not match" in page


def test_a_planted_session_is_worth_nothing_after_signing_in(client: FlaskClient, people: People) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["csrf_token"] = "known to somebody else"
    client.post("/sign-in", data={"email": people.alice.email, "password": PASSWORD})
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != "known to somebody else"


def test_each_sign_in_has_a_key_of_its_own(app: Flask, people: People, sign_in: Enter, client: FlaskClient) -> None:
    keys = set()
    for _ in range(2):
        sign_in(client, people.alice)
        with client.session_transaction() as session:
            keys.add(session["_user_id"])
    assert len(keys) == 2
    with app.app_context():
        stored = {one.key_hash for one in db.session().scalars(select(SignIn))}
        assert not stored & keys, "the database holds fingerprints, not keys"


def test_a_copied_cookie_is_dead_after_signing_out(client: FlaskClient, people: People, sign_in: Enter) -> None:
    sign_in(client, people.alice)
    copied = client.get_cookie("omnichat")
    assert copied is not None
    client.post("/sign-out")
    client.set_cookie("omnichat", copied.value)
    assert client.get("/w/aurora").status_code == 303


def test_a_disabled_member_is_a_stranger_at_once(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter
) -> None:
    sign_in(client, people.bob)
    assert client.get("/w/aurora").status_code == 200
    with app.app_context(), db.transaction() as session:
        for membership in session.get_one(Person, people.bob.id).memberships:
            membership.disabled_at = clock.now()
    assert client.get("/w/aurora").status_code == 404


def test_the_workspace_used_last_comes_first(client: FlaskClient, people: People, sign_in: Enter) -> None:
    sign_in(client, people.alice)
    client.get("/w/aurora/social-channels")
    assert client.get("/").headers["Location"] == "/w/aurora"


def test_the_language_switch_is_remembered(client: FlaskClient, people: People) -> None:
    assert '<html lang="en">' in client.get("/sign-in").text
    client.post("/language", data={"locale": "zh_Hant_TW", "next": "/sign-in"})
    assert '<html lang="zh-Hant-TW">' in client.get("/sign-in").text


def test_the_language_switch_leads_nowhere_else(client: FlaskClient) -> None:
    answer = client.post("/language", data={"locale": "en", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("shown", "opened"),
    [
        ("/w/aurora/channels/1/live-test", "/w/aurora/channels/1"),
        ("/w/aurora/settings/invitations?x=1", "/w/aurora"),
        ("/language", "/"),
        ("/w/aurora/settings/members?x=1", "/w/aurora/settings/members?x=1"),
        ("/nowhere", "/nowhere"),
    ],
)
def test_the_language_switch_of_a_page_that_answered_a_form_leads_to_one_that_opens(
    client: FlaskClient, shown: str, opened: str
) -> None:
    assert client.post("/language", data={"locale": "en", "next": shown}).headers["Location"] == opened


@pytest.mark.parametrize("old", ["/integration.html", "/social-channels-integration", "/social-channels"])
def test_old_addresses_lead_to_the_current_workspace(
    client: FlaskClient, people: People, sign_in: Enter, old: str
) -> None:
    sign_in(client, people.alice)
    answer = client.get(f"{old}?tab=facebook-pages")
    assert answer.headers["Location"] == "/w/aurora/social-channels?tab=facebook-pages"


def test_a_poll_leaves_the_cookie_alone(client: FlaskClient, people: People, sign_in: Enter) -> None:
    """Two answers side by side: the one that knows nothing new must not undo what the other keeps."""
    sign_in(client, people.alice)
    client.get("/w/aurora")
    assert "Set-Cookie" not in client.get("/w/aurora").headers
