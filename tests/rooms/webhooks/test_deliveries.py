"""The operators' page of deliveries that could not be handled."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import People, make_channel
from tests.rooms.webhooks.stored import deliveries, handle_due, messages, store
from tests.rooms.webhooks.wire import delivery, dm, entry, event
from webapp import metrics
from webapp.accounts.models import Person
from webapp.core import clock
from webapp.inbox import actions as inbox
from webapp.webhooks import content
from webapp.webhooks.views import deliveries as page

SignIn = Callable[[FlaskClient, Person], FlaskClient]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def operator(house: Flask, client: FlaskClient, people: People, sign_in: SignIn) -> FlaskClient:
    make_channel(people.aurora, people.alice)
    return sign_in(client, people.alice)


def fail(monkeypatch: pytest.MonkeyPatch, *mids: str) -> None:
    """Deliveries that cannot be handled now."""
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "receive_all", lambda *all, **rest: 1 / 0)
        for mid in mids:
            store(dm("words of a customer", mid=mid))
        handle_due()


def test_only_operators_know_the_pages(
    operator: FlaskClient, people: People, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, "a")
    carol = sign_in(operator, people.carol)
    assert [carol.get(path).status_code for path in ("/deliveries", "/deliveries/list", "/deliveries/1")] == [404] * 3
    tried = ("/deliveries/attempts", "/deliveries/1/attempts", "/deliveries/1/dismissal")
    assert [carol.post(path).status_code for path in tried] == [404] * 3
    assert deliveries()[0].handled_at is None
    assert "/deliveries" not in carol.get("/w/aurora").text


def test_what_failed_is_listed_with_its_reason_and_without_its_content(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing has failed" in operator.get("/deliveries").text
    fail(monkeypatch, "a")
    store(b"not JSON at all")
    store(dm(mid="fine"))
    handle_due()
    listed = operator.get("/deliveries").text
    assert [word in listed for word in ("ZeroDivisionError", "not JSON", "Number 1", "Number 2")] == [True] * 4
    assert "Number 3" not in listed
    assert "words of a customer" not in listed
    assert operator.get("/scheduler").text.count('href="/deliveries"') == 2


def test_one_is_shown_with_the_customers_words_and_a_warning_but_what_was_handled_is_not(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, "a")
    store(dm(mid="fine"))
    handle_due()
    shown = operator.get("/deliveries/1").text
    assert "For operators only" in shown
    assert "words of a customer" in shown
    assert [operator.get(f"/deliveries/{number}").status_code for number in (2, 99, 10**30)] == [404] * 3


def test_one_is_tried_again_and_says_what_became_of_it(operator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, "a", "b")
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "receive_all", lambda *all, **rest: 1 / 0)
        answer = operator.post("/deliveries/1/attempts", follow_redirects=True)
        assert "It failed again: ZeroDivisionError." in answer.text
    assert "Delivery 1 is handled now." in operator.post("/deliveries/1/attempts", follow_redirects=True).text
    assert [one.mid for one in messages()] == ["a"]


def test_all_are_tried_again_at_once(operator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, "a", "b")
    handle_due()
    assert messages() == []
    answer = operator.post("/deliveries/attempts", headers=HTMX)
    assert "2 deliveries are tried again now." in answer.headers["HX-Trigger"]
    handle_due()
    assert [one.mid for one in messages()] == ["a", "b"]
    assert operator.post("/deliveries/attempts").status_code == 303


def test_one_that_nobody_can_mend_is_set_aside(operator: FlaskClient) -> None:
    store(b"not JSON at all")
    handle_due()
    answer = operator.post("/deliveries/1/dismissal", follow_redirects=True).text
    assert "Delivery 1 is set aside." in answer
    assert "Nothing has failed" in answer
    (kept,) = deliveries()
    assert (kept.problem, kept.handled_at is not None) == ("not JSON", True)


def test_what_failed_does_not_hide_whether_the_others_are_handled(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, "a")
    figures = {one.name: one.values for one in metrics.collected(clock.now())}
    assert figures["omnichat_deliveries_waiting"] == {"": 0.0}
    assert figures["omnichat_deliveries_failed"] == {'problem="ZeroDivisionError"': 1.0}


def test_the_list_has_pages_and_asks_again_only_for_news(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(page, "SHOWN", 2)
    fail(monkeypatch, "a", "b", "c")
    first = operator.get("/deliveries").text
    assert "Number 1" not in first
    assert "Number 1" in operator.get("/deliveries?before=2").text
    assert "before=2" in first
    seen = first.split("/deliveries/list?seen=")[1].split('"')[0]
    assert operator.get(f"/deliveries/list?seen={seen}", headers=HTMX).status_code == 204
    assert operator.get("/deliveries/list?seen=old&before=x", headers=HTMX).text.lstrip().startswith("<div")


def test_nothing_that_opens_anything_is_shown(house: Flask) -> None:
    token = "EAA" + "x" * 60
    told: Any = {
        "optin": {"notification_messages_token": "1234567", "payload": "P"},
        "account_linking": {"authorization_code": "c0de"},
        "message": {"mid": "m", "text": f"my link https://cdn.example/a?signature=s3cret {token}"},
    }
    shown = content.safe(delivery(entry(event(**told))))
    assert [one for one in ("1234567", "c0de", "s3cret", token) if one in shown] == []
    assert "https://cdn.example/a?…" in shown
    assert json.loads(shown)["entry"][0]["messaging"][0]["optin"]["payload"] == "P"


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\x00\x1b[31m", b"[" * 5000, b'{"a":' * 50 + b"1" + b"}" * 50, b'{"\\ud800": "\\ud800"}', b"1" * 5000,
     b'{"a":1' + b"0" * 4000 + b"}", b'{"a":NaN,"url":"http://[x"}', b'{"k":[' + b"1," * 99_999 + b"1]}"],
)  # fmt: skip
def test_whatever_the_bytes_are_they_can_be_shown(operator: FlaskClient, body: bytes) -> None:
    store(body)
    handle_due()
    shown = content.of(1)
    assert len(shown.text) <= content.LONGEST
    assert shown.text.encode().isascii() or "\x1b" not in shown.text
    assert operator.get("/deliveries/1").status_code in (200, 404)
