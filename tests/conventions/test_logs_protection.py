"""The net under the rope: should a secret ever be handed to a logger, the line holds none of it."""

import json
import logging
from collections.abc import Callable
from io import StringIO

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tests.people import People
from webapp.accounts.models import Person
from webapp.core import db
from webapp.core.logs import JsonLines, struck

TOKEN = "EAA" + "x7Bq" * 20
SEALED = "gAAAAABn" + "Zk3_-" * 20 + "=="


def line(text: str, *values: object, error: Exception | None = None) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return JsonLines().format(logging.LogRecord("webapp", logging.ERROR, __file__, 1, text, values, exc_info))


@pytest.mark.parametrize(
    "text",
    [
        f"GET /v25.0/me?access_token={TOKEN}&fields=id",
        f"token {TOKEN}",
        f"column {SEALED}",
        "client_secret=0123456789abcdef",
        "{'code': 'AQsecretcode', 'state': 'secretstate'}",
        '{"code_verifier": "secretverifier"}',
        "password=secret horse",
        "GET /facebook/callback?code=AQsecretcode&state=secretstate",
        "signed_request=secretsignature.secretpayload",
        "appsecret_proof=0123456789abcdef",
        "GET /repair/0123456789abcdef0123/ 404",
        "GET /repair/0123456789abcdef0123. 404 1 ms",
    ],
)
def test_a_secret_in_a_message_is_struck_out(text: str) -> None:
    for written in (line(text), line("%s", text)):
        shown = json.loads(written)["text"]
        assert "[struck]" in shown
        assert not [one for one in (TOKEN, SEALED, "secretcode", "secretstate", "secretverifier") if one in shown]
        assert not [one for one in ("0123456789abcdef", "secret horse", "secretsignature") if one in shown]


def test_a_secret_in_an_error_is_struck_out() -> None:
    try:
        raise RuntimeError(f"https://graph.example/me?access_token={TOKEN}")
    except RuntimeError as error:
        written = line("unexpected", error=error)
    assert "RuntimeError" in json.loads(written)["error"]
    assert TOKEN not in written


@pytest.mark.parametrize(
    "told",
    [
        "GET /w/aurora/channels/12 200 14 ms; Meta said 190/460, trace AbCdEf",
        "GET /repair/authorizations/UUlfwCgb1xAJAY6h 200 3 ms",
    ],
)
def test_an_ordinary_line_is_left_alone(told: str) -> None:
    assert json.loads(line(told))["text"] == told


def test_a_row_that_the_database_refuses_is_not_quoted(house: Flask, people: People) -> None:
    """SQLAlchemy's errors hold every value of the statement, unless it is told to keep them."""
    with pytest.raises(IntegrityError) as refused, db.transaction() as session:
        session.add(Person(email=people.alice.email, name="Somebody Private", password_hash="$argon2id$private"))
    told = struck(str(refused.value)).lower()
    assert "private" not in told
    assert people.alice.email not in told


def test_a_row_without_a_needed_value_is_not_quoted(house: Flask, people: People) -> None:
    """PostgreSQL's own words for it hold the whole row."""
    with pytest.raises(IntegrityError) as refused, db.transaction() as session:
        session.execute(insert(Person).values(email="a@b.c", name="Somebody Private", password_hash=None))
    assert "private" not in struck(str(refused.value)).lower()


@pytest.fixture
def log(app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> StringIO:
    """What the console's own handler writes, at its chattiest."""
    caplog.set_level(logging.DEBUG)
    written = StringIO()
    handler = next(one for one in logging.getLogger().handlers if isinstance(one.formatter, JsonLines))
    monkeypatch.setattr(handler, "stream", written)
    return written


def test_a_request_is_logged_without_its_query(client: FlaskClient, log: StringIO) -> None:
    client.get("/facebook/callback?code=AQodd.code&state=odd-state&anything=odd-value")
    assert "GET /facebook/callback 303" in log.getvalue()
    assert "odd" not in log.getvalue()


def test_a_page_that_breaks_shows_nothing_of_why(
    app: Flask,
    client: FlaskClient,
    people: People,
    sign_in: Callable[[FlaskClient, Person], FlaskClient],
    log: StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def break_down(**_values: object) -> str:
        raise RuntimeError(f"{request.path}: access_token={TOKEN}")

    sign_in(client, people.alice)
    monkeypatch.setitem(app.view_functions, "home.overview", break_down)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get("/w/aurora", headers=headers)
        assert answer.status_code == 500
        assert not [part for part in (TOKEN, "RuntimeError", "Traceback") if part in answer.text + str(answer.headers)]
    assert "RuntimeError" in log.getvalue()
    assert TOKEN not in log.getvalue()
