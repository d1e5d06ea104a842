"""How long a sign-in is good for, whatever the browser keeps."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import People
from webapp.accounts.models import SIGN_IN_LIFE, Person
from webapp.core import clock

Enter = Callable[[FlaskClient, Person], FlaskClient]


def test_a_cookie_that_was_kept_for_too_long_opens_nothing(
    client: FlaskClient, people: People, sign_in: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, people.alice)
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began + SIGN_IN_LIFE - timedelta(minutes=1))
    assert client.get("/w/aurora").status_code == 200
    monkeypatch.setattr(clock, "now", lambda: began + SIGN_IN_LIFE + timedelta(minutes=1))
    assert client.get("/w/aurora").status_code == 303


def test_somebody_who_is_signed_in_already_is_not_sent_to_another_site(
    client: FlaskClient, people: People, sign_in: Enter
) -> None:
    sign_in(client, people.alice)
    for target in ("https://evil.example/", "//evil.example"):
        assert client.get("/sign-in", query_string={"next": target}).headers["Location"] == "/"
    assert client.get("/sign-in?next=/w/aurora").headers["Location"] == "/w/aurora"


@pytest.mark.parametrize("field", ["email", "password", "next"])
def test_a_field_with_a_nul_is_a_wrong_field_and_no_breakdown(client: FlaskClient, people: People, field: str) -> None:
    """PostgreSQL takes no NUL in a text."""
    given = {"email": people.alice.email, "password": "no", "next": "/"} | {field: "a\x00b"}
    assert client.post("/sign-in", data=given).status_code in (400, 422)
