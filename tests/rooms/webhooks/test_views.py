"""Meta's door, knocked at over HTTP."""

import logging
import threading
from collections.abc import Callable

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import People, make_channel
from tests.rooms.webhooks.stored import deliveries, handle_due, messages
from tests.rooms.webhooks.wire import dm, signature
from tests.running import free_ports, serving
from webapp.core import clock
from webapp.core.crypto import Secret
from webapp.webhooks import actions

Post = Callable[[bytes], TestResponse]

KEY = "0123456789abcdef0123456789abcdef"
# Test vectors: bodies in Meta's wire form with the signatures that belong to them.
HELLO = (
    b'{"object":"instagram","entry":[{"id":"17841400000000001","time":1569262486134,"messaging":[{"sender":{"id":'
    b'"5614879045272581"},"recipient":{"id":"17841400000000001"},"timestamp":1569262485349,"message":{"mid":"MID-1",'
    b'"text":"hello"}}]}]}'
)
HELLO_SIGNED = "sha256=c389cc0af9926b20e5b6174fe4b286df84b3017e15d3b7f9459e7e3f68cb0a78"
ESCAPED = (
    b'{"object":"instagram","entry":[{"id":"17841400000000001","time":1569262486134,"messaging":[{"sender":{"id":'
    b'"5614879045272581"},"recipient":{"id":"17841400000000001"},"timestamp":1569262485349,"message":{"mid":"MID-2",'
    b'"text":"\\u00e4\\u00f6\\u00e5 \\u4f60\\u597d \\u2764\\ufe0f https:\\/\\/e.x\\/a"}}]}]}'
)
ESCAPED_SIGNED = "sha256=ba784536cbf9511e0c632b576b57a8ea8337e46d35283a3f1a4e5c59714c57c1"


@pytest.fixture
def known_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.extensions["door"], "secrets", [Secret(KEY)])


def shake(client: FlaskClient, **query: str) -> TestResponse:
    return client.get("/webhooks/meta", query_string={f"hub.{name}": value for name, value in query.items()})


def test_the_handshake_gives_the_challenge_back_as_plain_text(app: Flask, client: FlaskClient) -> None:
    token = app.extensions["config"].meta_verify_token
    answer = shake(client, mode="subscribe", challenge="1158201444", verify_token=token)
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "1158201444", "text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"mode": "subscribe", "challenge": "1"},
        {"mode": "subscribe", "challenge": "1", "verify_token": "wrong"},
        {"mode": "subscribe", "challenge": "1", "verify_token": "錯的"},
        {"mode": "unsubscribe", "challenge": "1", "verify_token": "right"},
    ],
)
def test_a_wrong_handshake_learns_nothing(app: Flask, client: FlaskClient, query: dict[str, str]) -> None:
    if query.get("verify_token") == "right":
        query = query | {"verify_token": app.extensions["config"].meta_verify_token}
    answer = shake(client, **query)
    assert (answer.status_code, answer.text) == (403, "")


@pytest.mark.usefixtures("known_key")
@pytest.mark.parametrize(("body", "header"), [(HELLO, HELLO_SIGNED), (ESCAPED, ESCAPED_SIGNED)])
def test_a_signed_delivery_is_stored_byte_for_byte_before_it_is_answered(
    house: Flask, client: FlaskClient, body: bytes, header: str
) -> None:
    answer = client.post("/webhooks/meta", data=body, headers={"X-Hub-Signature-256": header})
    assert (answer.status_code, answer.data) == (200, b"")
    assert [one.body for one in deliveries()] == [body]


@pytest.mark.usefixtures("known_key")
@pytest.mark.parametrize(
    ("body", "header"),
    [
        (HELLO, None),
        (HELLO, ""),
        (HELLO, "sha256="),
        (HELLO, HELLO_SIGNED.upper()),
        (HELLO, HELLO_SIGNED.removeprefix("sha256=")),
        (HELLO, HELLO_SIGNED[:-1] + "9"),
        (HELLO, ESCAPED_SIGNED),
        (HELLO, "sha1=f21796f41ab97e9bc5d85a3466ece94a4b385fe5"),
        (HELLO + b"\n", HELLO_SIGNED),
        # The same object written anew is another body.
        (HELLO.replace(b'":', b'": ').replace(b",", b", "), HELLO_SIGNED),
        (ESCAPED.replace(b"\\/", b"/"), ESCAPED_SIGNED),
    ],
)
def test_without_the_right_signature_nothing_is_stored(
    house: Flask, client: FlaskClient, body: bytes, header: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {} if header is None else {"X-Hub-Signature-256": header}
    with caplog.at_level(logging.WARNING, "webapp.webhooks"):
        answer = client.post("/webhooks/meta", data=body, headers=headers)
    assert (answer.status_code, answer.data) == (403, b"")
    assert deliveries() == []
    (line,) = caplog.messages
    assert line == f"1 deliveries refused: signature {'missing' if header is None else 'wrong'}"


def test_the_door_needs_no_csrf_token(app: Flask, post: Post) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert post(dm()).status_code == 200


def test_a_signed_body_that_is_not_json_is_kept_with_its_problem(house: Flask, post: Post) -> None:
    assert post(b"hello").status_code == 200
    handle_due()
    (kept,) = deliveries()
    assert (kept.problem, kept.handled_at, kept.tries) == ("not JSON", None, 1)


def test_a_body_over_the_limit_is_refused_without_a_page(house: Flask, post: Post) -> None:
    answer = post(b"x" * (house.config["MAX_CONTENT_LENGTH"] + 1))
    assert (answer.status_code, answer.data) == (413, b"")
    assert deliveries() == []


def test_a_megabyte_of_nesting_is_no_error_of_ours(house: Flask, post: Post) -> None:
    assert post(b'{"entry":' + b"[" * 1_000_000).status_code == 200
    handle_due()
    assert deliveries()[0].problem == "not JSON"


def test_other_methods_are_refused_without_a_page(client: FlaskClient) -> None:
    assert client.put("/webhooks/meta").status_code == 405


def test_a_delivery_posted_five_times_ten_at_a_time_is_one_message(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    secret = house.extensions["config"].meta_app_secret
    bodies = [dm(f"text {number}", mid=f"mid-{number}") for number in range(10)]
    statuses: list[int] = []

    def knock(url: str, body: bytes) -> None:
        answer = requests.post(url, body, headers={"X-Hub-Signature-256": signature(body, secret)}, timeout=30)
        statuses.append(answer.status_code)

    def work() -> None:
        with house.app_context():
            handle_due()

    (port,) = free_ports(1)
    with serving(house, port) as url:
        for _ in range(5):
            _at_once([*(lambda body=body: knock(f"{url}/webhooks/meta", body) for body in bodies), work, work])
        _at_once([work] * 4)
    assert statuses == [200] * 50
    assert sorted(one.text for one in messages()) == sorted(f"text {number}" for number in range(10))
    assert [one.handled_at is not None for one in deliveries()] == [True] * 10


def test_one_delivery_by_ten_hands_at_once_is_one_row_and_one_message(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    body, secret = dm(), house.extensions["config"].meta_app_secret
    headers = {"X-Hub-Signature-256": signature(body, secret)}
    (port,) = free_ports(1)
    with serving(house, port) as url:
        _at_once([lambda: requests.post(f"{url}/webhooks/meta", body, headers=headers, timeout=30)] * 10)

    def work() -> None:
        with house.app_context():
            actions.handle(deliveries()[0].id, now=clock.now())

    _at_once([work] * 10)
    assert len(deliveries()) == 1
    assert [one.text for one in messages()] == ["hello"]


def _at_once(tasks: list[Callable[[], object]]) -> None:
    problems: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
