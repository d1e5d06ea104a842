"""The door before Flask: what it answers while the database is slow, gone, or back again."""

import io
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from config import Config
from tests.rooms.webhooks.stored import deliveries
from tests.rooms.webhooks.wire import dm, signature
from webapp.app import create_app
from webapp.channels.models import SignatureFailure
from webapp.core import clock, db
from webapp.core.crypto import Secret
from webapp.webhooks import door, writer
from webapp.webhooks.door import Door
from webapp.webhooks.shelves import Arrival, Refusal, open_shelf
from webapp.webhooks.writer import NotStored, Writer

Post = Callable[[bytes], TestResponse]


class Slow:
    """A database that commits when it is told to, or refuses."""

    def __init__(self) -> None:
        self.groups: list[list[bytes]] = []
        self.taken = 0
        self.may_commit = threading.Event()
        self.broken: Exception | None = None

    def put(self, arrivals: Sequence[Arrival], refusal: Refusal | None) -> int:
        self.taken += len(arrivals)
        self.may_commit.wait(10)
        if self.broken:
            raise self.broken
        self.groups.append([one.body for one in arrivals])
        return len(arrivals)

    def close(self) -> None:
        pass


def hand_in(target: Writer, bodies: list[bytes]) -> tuple[list[threading.Thread], list[str]]:
    """Each body by a request of its own; what became of them."""
    told: list[str] = []

    def request(body: bytes) -> None:
        try:
            target.store(body, now=clock.now())
            told.append("stored")
        except NotStored:
            told.append("not stored")

    threads = [threading.Thread(target=request, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    return threads, told


def knock(target: Door, body: bytes, **changes: Any) -> str:
    """A request as a WSGI server hands it over; the status that it gets."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/webhooks/meta",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_HUB_SIGNATURE_256": signature(body, "secret"),
        "wsgi.input": io.BytesIO(body),
    } | changes
    statuses: list[str] = []
    assert b"".join(target(environ, lambda status, headers: statuses.append(status))) == b""
    return statuses[0]


def inside(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise AssertionError("this goes on to Flask")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def gate(slow: Slow) -> Door:
    return Door(inside, Writer(lambda: slow, lambda: None), [Secret("secret"), Secret("the one before")], longest=100)


def test_whatever_waits_is_committed_together_and_nobody_is_answered_before(slow: Slow) -> None:
    writer = Writer(lambda: slow, lambda: None)
    threads, told = hand_in(writer, [b"%d" % number for number in range(20)])
    deadline = time.monotonic() + 5
    while slow.taken + writer._waiting.qsize() < 20 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert told == []
    slow.may_commit.set()
    for thread in threads:
        thread.join(5)
    assert told == ["stored"] * 20
    assert sorted(body for group in slow.groups for body in group) == sorted(b"%d" % number for number in range(20))
    assert len(slow.groups) <= 3


def test_who_waits_too_long_is_told_no_and_nothing_hangs(
    slow: Slow, gate: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.05)
    assert [knock(gate, b"a"), knock(gate, b"b")] == ["503 Service Unavailable"] * 2
    slow.may_commit.set()
    assert knock(gate, b"c", **{"wsgi.input": io.BytesIO(b"c")}).startswith(("200", "503"))
    monkeypatch.setattr(writer, "PATIENCE", 5)
    assert knock(gate, b"d") == "200 OK"
    # Nobody waits for it any more: its bytes are not kept for later.
    assert b"b" not in [body for group in slow.groups for body in group]


def test_a_commit_that_fails_is_no_for_everybody_and_the_next_one_is_tried_anew(slow: Slow, gate: Door) -> None:
    slow.may_commit.set()
    slow.broken = RuntimeError("disk full")
    assert knock(gate, b"a") == "503 Service Unavailable"
    slow.broken = None
    assert knock(gate, b"b") == "200 OK"


def test_a_connection_that_went_stale_is_replaced_without_anybody_noticing(house: Flask) -> None:
    opened = []

    def open_one() -> Any:
        opened.append(open_shelf(house.extensions["engine"]))
        return opened[-1]

    target = Writer(open_one, lambda: None)
    target.store(b"before", now=clock.now())
    opened[0].close()
    target.store(b"after", now=clock.now())
    assert [one.body for one in deliveries()] == [b"before", b"after"]
    assert len(opened) == 2


def test_what_came_together_is_stored_with_its_bytes_and_moments_and_each_once(house: Flask) -> None:
    at = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    bodies = [b"", bytes(range(256)), "字".encode() * 100_000]
    arrivals = [Arrival(f"{n}", body, at + timedelta(days=n, microseconds=n)) for n, body in enumerate(bodies)]
    shelf = open_shelf(house.extensions["engine"])
    assert shelf.put(arrivals[:2], None) == 2
    assert shelf.put(arrivals, Refusal(was_missing=False, at=at)) == 1
    shelf.close()
    found = [(one.digest, one.body, one.received_at, one.next_try_at) for one in deliveries()]
    assert found == [(one.digest, one.body, one.at, one.at) for one in arrivals]
    assert db.session().get_one(SignatureFailure, 1).failed_at == at


def test_without_a_database_meta_is_told_to_come_again(config_with: Callable[..., Config]) -> None:
    app = create_app(config_with(database_url="postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"))
    body = dm()
    headers = {"X-Hub-Signature-256": signature(body, app.extensions["config"].meta_app_secret)}
    answer = app.test_client().post("/webhooks/meta", data=body, headers=headers)
    assert (answer.status_code, answer.data) == (503, b"")
    forged = app.test_client().post("/webhooks/meta", data=body, headers={"X-Hub-Signature-256": "sha256=00"})
    assert forged.status_code == 403


@pytest.mark.usefixtures("house")
def test_while_another_holds_the_database_deliveries_are_refused_and_afterwards_taken(
    app: Flask, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.2)
    with db.transaction() as session:
        if db.is_postgresql():
            session.execute(text("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE"))
        assert post(dm()).status_code == 503
    monkeypatch.setattr(writer, "PATIENCE", 5)
    assert post(dm(mid="another")).status_code == 200


def test_a_thousand_forgeries_are_one_line_and_one_row(
    house: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[object] = []
    real = house.extensions["writer"].note_refused
    monkeypatch.setattr(house.extensions["writer"], "note_refused", lambda **all: (touched.append(all), real(**all)))
    with caplog.at_level(logging.WARNING, "webapp.webhooks"):
        for _ in range(200):
            assert client.post("/webhooks/meta", data=b"{}").status_code == 403
    assert (len(touched), len(caplog.messages)) == (1, 1)
    assert db.session().get_one(SignatureFailure, 1).was_missing
    monkeypatch.setattr(door, "NOTED_EVERY", 0)
    with caplog.at_level(logging.WARNING, "webapp.webhooks"):
        client.post("/webhooks/meta", data=b"{}")
    assert caplog.messages[-1] == "200 deliveries refused: signature missing"


def test_the_secret_before_is_believed_while_it_is_being_changed(slow: Slow, gate: Door) -> None:
    slow.may_commit.set()
    assert knock(gate, b"x", HTTP_X_HUB_SIGNATURE_256=signature(b"x", "the one before")) == "200 OK"
    assert knock(gate, b"x", HTTP_X_HUB_SIGNATURE_256=signature(b"x", "another")) == "403 Forbidden"


def test_the_setting_for_the_secret_before_reaches_the_door(config: Config) -> None:
    app = create_app(replace(config, meta_app_secret_previous="the secret of last week"))
    assert Secret("the secret of last week") in app.extensions["door"].secrets


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"CONTENT_LENGTH": "101"}, "413 Content Too Large"),
        ({"CONTENT_LENGTH": "9" * 5000}, "413 Content Too Large"),
        ({"CONTENT_LENGTH": "-1"}, "400 Bad Request"),
        ({"CONTENT_LENGTH": "many"}, "400 Bad Request"),
        ({"CONTENT_LENGTH": "²"}, "400 Bad Request"),
        # Somebody hung up in the middle.
        ({"CONTENT_LENGTH": "50"}, "400 Bad Request"),
        ({"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}, "411 Length Required"),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, "200 OK"),
        (
            {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b"y" * 101)},
            "413 Content Too Large",
        ),
        ({"CONTENT_LENGTH": ""}, "403 Forbidden"),
    ],
)
def test_bodies_are_read_as_they_were_announced(slow: Slow, gate: Door, changes: dict[str, Any], status: str) -> None:
    slow.may_commit.set()
    if "wsgi.input" not in changes:
        changes = changes | {"wsgi.input": io.BytesIO(b"short")}
    assert knock(gate, b"short", **changes) == status


def test_every_other_address_and_method_is_flasks(gate: Door) -> None:
    for changes in ({"REQUEST_METHOD": "GET"}, {"PATH_INFO": "/webhooks/meta/data-deletion"}):
        with pytest.raises(AssertionError, match="Flask"):
            knock(gate, b"", **changes)
