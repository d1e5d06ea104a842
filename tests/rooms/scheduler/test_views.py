import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People, make_channel
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.scheduler.models import MetaState, Round

SignIn = Callable[[FlaskClient, Person], FlaskClient]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def operator(client: FlaskClient, people: People, sign_in: SignIn) -> FlaskClient:
    return sign_in(client, people.alice)


def connect(app: Flask, people: People) -> None:
    with app.app_context():
        make_channel(people.aurora, people.alice, next_check_at=clock.now() + timedelta(minutes=30))


def add_round(app: Flask, minutes_ago: int, **values: int) -> None:
    at = clock.now() - timedelta(minutes=minutes_ago)
    with app.app_context(), db.transaction() as session:
        session.add(Round(name=f"{at:%Y-%m-%dT%H:%M}", began_at=at, finished_at=at, **values))


def seen(page: str) -> str:
    found = re.search(r"/scheduler/rounds\?seen=(\w+)", page)
    assert found
    return found[1]


def test_only_operators_know_the_page(client: FlaskClient, people: People, sign_in: SignIn) -> None:
    assert client.get("/scheduler").status_code == 303
    sign_in(client, people.carol)
    assert client.get("/scheduler").status_code == 404
    assert client.get("/scheduler/rounds").status_code == 404
    assert client.post("/scheduler/rounds").status_code == 404


def test_before_the_first_round_the_page_says_what_will_be_there(operator: FlaskClient) -> None:
    page = operator.get("/scheduler").text
    assert "No round yet" in page
    assert "No round has finished" not in page


def test_a_round_shows_its_counts(app: Flask, operator: FlaskClient) -> None:
    add_round(app, 5, checked=1204, lost=37, healed=52, no_verdict=61, requests=308)
    page = operator.get("/scheduler").text
    for count in ("1204", "37", "52", "61", "308"):
        assert count in page


def test_the_page_says_how_near_the_limit_is_and_until_when_the_sweep_waits(app: Flask, operator: FlaskClient) -> None:
    until = clock.now() + timedelta(minutes=4)
    with app.app_context(), db.transaction() as session:
        session.add(MetaState(id=1, usage=83, wait_until=until))
    page = operator.get("/scheduler").text
    assert "83 %" in page
    assert "waiting until" in page
    assert until.isoformat() in page


def test_trouble_is_told_with_its_numbers_and_once_on_the_page(app: Flask, operator: FlaskClient) -> None:
    at = clock.now()
    with app.app_context(), db.transaction() as session:
        session.add(MetaState(id=1, failing_since=at, declared_at=at, reason="app", evidence={"code": 190}))
    page = operator.get("/scheduler").text
    assert "Meta refuses our app." in page
    assert "190" in page
    assert "Facebook does not let us check accounts" not in page


def test_the_page_turns_red_when_no_round_has_finished_for_ninety_minutes(
    app: Flask, operator: FlaskClient, people: People
) -> None:
    connect(app, people)
    add_round(app, 91)
    assert "No round has finished for 90 minutes" in operator.get("/scheduler").text
    add_round(app, 5)
    assert "No round has finished for 90 minutes" not in operator.get("/scheduler").text


def test_a_poll_without_news_swaps_nothing(app: Flask, operator: FlaskClient, freeze: None) -> None:
    version = seen(operator.get("/scheduler").text)
    assert operator.get(f"/scheduler/rounds?seen={version}", headers=HTMX).status_code == 204
    add_round(app, 0)
    answer = operator.get(f"/scheduler/rounds?seen={version}", headers=HTMX)
    assert answer.status_code == 200
    assert 'id="rounds"' in answer.text
    assert "<html" not in answer.text


@pytest.fixture
def freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version changes with the minute; a test must not run over its end."""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_run_now_makes_every_account_due_and_answers_within_the_page(
    app: Flask, operator: FlaskClient, people: People
) -> None:
    connect(app, people)
    answer = operator.post("/scheduler/rounds", headers=HTMX)
    assert answer.status_code == 200
    assert "under way" in answer.text
    assert "1 due now" in answer.text
    assert "Every account is being checked." in answer.headers["HX-Trigger"]
    with app.app_context(), db.transaction() as session:
        assert session.scalars(select(Channel)).one().next_check_at <= clock.now()


def test_run_now_works_without_a_script(app: Flask, operator: FlaskClient, people: People) -> None:
    connect(app, people)
    answer = operator.post("/scheduler/rounds", follow_redirects=True)
    assert answer.request.path == "/scheduler"
    assert "Every account is being checked." in answer.text


def test_run_now_needs_a_token(app: Flask, operator: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert operator.post("/scheduler/rounds").status_code == 400
    with app.app_context(), db.transaction() as session:
        assert session.scalars(select(Round)).all() == []


def accounts(page: str) -> list[str]:
    return re.findall(r"<strong>(@[\w.]+)</strong>", page)


def furnish(app: Flask, people: People) -> None:
    """Due in 10, 20 and 30 minutes; the last one of another workspace."""
    with app.app_context():
        for number, workspace in ((1, people.aurora), (2, people.aurora), (3, people.borealis)):
            due = clock.now() + timedelta(minutes=10 * number)
            make_channel(workspace, people.alice, number=number, next_check_at=due)
        make_channel(people.aurora, people.alice, number=4, status="disconnected")


def test_what_is_checked_next_stands_in_order_and_can_be_looked_for(
    app: Flask, operator: FlaskClient, people: People
) -> None:
    furnish(app, people)
    assert accounts(operator.get("/scheduler").text) == ["@shop.1", "@shop.2", "@shop.3"]
    assert accounts(operator.get("/scheduler?q=@SHOP.3").text) == ["@shop.3"]
    assert accounts(operator.get("/scheduler?q=17841400000000002").text) == ["@shop.2"]
    nothing = operator.get("/scheduler?q=100%25").text
    assert accounts(nothing) == []
    assert "No connected account has “100%”" in nothing


def test_one_account_is_made_due_at_once_and_stands_first(app: Flask, operator: FlaskClient, people: People) -> None:
    furnish(app, people)
    answer = operator.post("/scheduler/channels/3/check", headers=HTMX)
    assert accounts(answer.text) == ["@shop.3", "@shop.1", "@shop.2"]
    with app.app_context():
        assert db.session().get_one(Channel, 3).next_check_at <= clock.now()
    assert operator.post("/scheduler/channels/3/check").status_code == 303


def test_only_operators_make_an_account_due_and_only_one_that_is_held(
    app: Flask, operator: FlaskClient, client: FlaskClient, people: People, sign_in: SignIn
) -> None:
    furnish(app, people)
    assert operator.post("/scheduler/channels/4/check").status_code == 404
    assert operator.post("/scheduler/channels/99/check").status_code == 404
    client.post("/sign-out")
    sign_in(client, people.carol)
    assert client.post("/scheduler/channels/3/check").status_code == 404
