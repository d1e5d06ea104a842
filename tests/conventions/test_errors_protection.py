"""An address that somebody made up, and a database that went away, still end on a page with a sentence."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.people import People
from webapp.accounts import queries
from webapp.accounts.models import Person
from webapp.core import db

Enter = Callable[[FlaskClient, Person], FlaskClient]
BEYOND = "9" * 20


@pytest.mark.parametrize(
    "path",
    [
        f"/w/aurora/channels/{BEYOND}",
        f"/w/aurora/conversations/{BEYOND}",
        f"/w/aurora/conversations/{BEYOND}/thread",
        "/w/a%00b",
        "/w/aurora/authorizations/%00",
        "/data-deletion/%00",
        "/repair/%00",
    ],
)
def test_an_address_that_no_row_can_have_is_not_there(
    client: FlaskClient, people: People, sign_in: Enter, path: str
) -> None:
    answer = sign_in(client, people.alice).get(path)
    assert answer.status_code == 404
    assert "<h1" in answer.text
    assert client.get("/w/aurora").status_code == 200


def test_a_statement_that_the_database_refuses_ends_on_a_page(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL answers nothing more in a transaction that failed, and the page's frame wants to read."""

    def refused(**_values: object) -> str:
        db.session().execute(text("SELECT nothing FROM nowhere"))
        return ""

    sign_in(client, people.alice)
    monkeypatch.setitem(app.view_functions, "home.overview", refused)
    answer = client.get("/w/aurora")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "<h1" in answer.text
    assert "nowhere" not in answer.text


def test_without_a_database_there_is_still_a_sentence(
    client: FlaskClient, people: People, sign_in: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_values: object) -> None:
        raise OperationalError("SELECT secrets", {}, Exception("connection refused"))

    sign_in(client, people.alice)
    monkeypatch.setattr(queries, "live_sign_in", gone)
    answer = client.get("/w/aurora")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "secrets" not in answer.text


def test_a_failure_is_told_to_whoever_did_something_and_not_to_a_page_that_asks_by_itself(
    client: FlaskClient, people: People, sign_in: Enter
) -> None:
    sign_in(client, people.alice)
    pressed = client.get("/w/aurora/channels/999", headers={"HX-Request": "true"})
    assert (pressed.status_code, "Nothing is here" in pressed.headers["HX-Trigger"]) == (404, True)
    polled = client.get("/w/aurora/channels/999", headers={"HX-Request": "true", "Poll": "1"})
    assert (polled.status_code, polled.headers.get("HX-Trigger")) == (404, None)
