"""What a network can do to an answer, against real sockets."""

import gzip
import logging
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.gates.meta.conftest import PAGE_TOKEN, SETTINGS, USER_TOKEN
from tests.gates.meta.sockets import Play, reading, response, server
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta import answers
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError, Kind, NotSent, OutcomeUnknown
from webapp.meta.gateway import Probe

TOKEN = Secret(USER_TOKEN)
PROBE = Probe("instagram", "1", Secret(PAGE_TOKEN))


def client(address: str, timeout: float = 0.5) -> GraphClient:
    return GraphClient(replace(SETTINGS, graph_url=address, timeout=timeout))


def failing(play: Play, timeout: float = 0.5) -> GraphError:
    """The error of one question; it must come in good time."""
    began = time.monotonic()
    with server(play) as (address, _), pytest.raises(GraphError) as caught:
        client(address, timeout).whoami(TOKEN)
    assert time.monotonic() - began < 3
    assert caught.value.meaning.kind is Kind.TRANSIENT
    assert caught.value.code is None
    return caught.value


def test_silence_ends_with_the_timeout() -> None:
    def silent(connection: socket.socket) -> None:
        reading(connection)
        time.sleep(0.8)

    failing(silent)


def test_a_drip_of_single_bytes_ends_with_the_timeout() -> None:
    def drip(connection: socket.socket) -> None:
        reading(connection)
        connection.sendall(response(b"", length=100))
        for _ in range(80):
            connection.sendall(b" ")
            time.sleep(0.1)

    failing(drip)


def test_a_connection_closed_half_way_is_no_answer() -> None:
    def half(connection: socket.socket) -> None:
        reading(connection)
        connection.sendall(response(b'{"id":"1"', length=50))

    failing(half)


def test_a_connection_closed_at_once_is_no_answer() -> None:
    failing(lambda connection: None)


def test_bytes_that_are_not_http_are_no_answer() -> None:
    def noise(connection: socket.socket) -> None:
        reading(connection)
        connection.sendall(b"\x00\xff garbage\r\n\r\n")

    failing(noise)


def test_an_answer_that_unpacks_to_more_than_the_bound_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 100_000)
    bomb = gzip.compress(b'{"id":"' + b"1" * 5_000_000 + b'"}')

    def burst(connection: socket.socket) -> None:
        reading(connection)
        connection.sendall(response(bomb, b"Content-Encoding: gzip"))

    failing(burst)


def test_gzip_that_is_broken_is_no_answer() -> None:
    def broken(connection: socket.socket) -> None:
        reading(connection)
        connection.sendall(response(b"not gzip", b"Content-Encoding: gzip"))

    failing(broken)


def test_deeply_nested_json_is_no_answer() -> None:
    def nested(connection: socket.socket) -> None:
        reading(connection)
        connection.sendall(response(b"[" * 200_000))

    failing(nested)


def test_a_redirect_is_not_followed() -> None:
    asked: list[bytes] = []

    def redirect(connection: socket.socket) -> None:
        asked.append(reading(connection))
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /v25.0/elsewhere\r\nContent-Length: 0\r\n\r\n")

    assert failing(redirect).http_status == 302
    assert len(asked) == 1


def test_a_closed_port_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent):
        client(f"http://127.0.0.1:{port}").send_text("1", TOKEN, "2", "x", human_agent=False)


def test_an_unknown_host_means_that_nothing_was_sent() -> None:
    with pytest.raises(NotSent):
        client("http://graph.invalid").send_text("1", TOKEN, "2", "x", human_agent=False)


def test_a_connection_that_dies_after_sending_leaves_the_outcome_unknown() -> None:
    def swallow(connection: socket.socket) -> None:
        reading(connection)

    with server(swallow) as (address, _), pytest.raises(OutcomeUnknown):
        client(address).send_text("1", TOKEN, "2", "x", human_agent=False)


def keeping_alive(connection: socket.socket) -> None:
    while reading(connection):
        connection.sendall(response(b'{"id":"1"}', b"Set-Cookie: person=lin; Path=/"))


def test_a_connection_is_kept_and_other_threads_use_it_too() -> None:
    with server(keeping_alive) as (address, accepted):
        graph = client(address)
        graph.whoami(TOKEN)
        other = threading.Thread(target=graph.whoami, args=(TOKEN,))
        other.start()
        other.join(5)
        graph.whoami(TOKEN)
        assert len(accepted) == 1
        graph.transport.session().close()


def closed(connection: socket.socket) -> None:
    pass


def half(connection: socket.socket) -> None:
    reading(connection)
    connection.sendall(response(b'[{"code":200', length=500))


def noise(connection: socket.socket) -> None:
    connection.sendall(b"\x16\x03\x01 is not HTTP\r\n\r\n")


def silent(connection: socket.socket) -> None:
    reading(connection)
    time.sleep(1)


@pytest.mark.parametrize("play", [closed, half, noise, silent])
def test_a_batch_that_breaks_off_is_told_in_every_finding_in_good_time(play: Play) -> None:
    began = time.monotonic()
    with server(play) as (address, _):
        (findings,) = client(address, timeout=0.2).check([PROBE])
    assert time.monotonic() - began < 3
    assert [(error.code, error.meaning.kind) for error in findings.errors] == [(None, Kind.TRANSIENT)] * 4


def test_a_batch_to_nobody_was_not_sent() -> None:
    with server(closed) as (address, _):
        pass
    (findings,) = client(address).check([PROBE])
    assert {type(error) for error in findings.errors} == {NotSent}


def test_batches_keep_their_connection() -> None:
    def answering(connection: socket.socket) -> None:
        while head := reading(connection):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            rest = length - len(head.split(b"\r\n\r\n", 1)[1])
            while rest > 0:
                rest -= len(connection.recv(rest))
            connection.sendall(response(b"[]"))

    with server(answering) as (address, accepted):
        graph = client(address)
        for _ in range(3):
            graph.check([PROBE])
    assert len(accepted) == 1


def test_the_proxy_of_the_environment_is_used_and_no_login_of_a_netrc_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    def remember(connection: socket.socket) -> None:
        asked.append(reading(connection))
        connection.sendall(response(b'{"id":"1"}', b"Connection: close"))

    netrc = tmp_path / "netrc"
    netrc.write_text("machine graph.invalid login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with server(remember) as (address, _):
        monkeypatch.setenv("http_proxy", address)
        graph = client("http://graph.invalid")
        graph.whoami(TOKEN)
        graph.check([PROBE])
    assert asked[0].startswith(b"GET http://graph.invalid/")
    assert asked[1].startswith(b"POST http://graph.invalid/v25.0/ HTTP/1.1")
    assert not [one for one in asked if b"authorization" in one.lower()]


def test_a_cookie_set_for_one_person_never_travels_with_another() -> None:
    asked: list[bytes] = []

    def remember(connection: socket.socket) -> None:
        while request := reading(connection):
            asked.append(request)
            connection.sendall(response(b'{"id":"1"}', b"Set-Cookie: person=lin; Path=/"))

    with server(remember) as (address, _):
        graph = client(address)
        graph.whoami(TOKEN)
        graph.whoami(TOKEN)
        graph.transport.session().close()
    assert len(asked) == 2
    assert b"cookie" not in asked[1].lower()


def test_no_log_line_of_any_library_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), server(keeping_alive) as (address, _):
        graph = client(address)
        graph.whoami(TOKEN)
        graph.transport.session().close()
    assert "GET /me 200" in caplog.text
    assert USER_TOKEN not in caplog.text


def test_nobody_asks_meta_while_holding_the_database(tmp_path: Path) -> None:
    app = Flask(__name__)
    db.init_app(app, f"sqlite:///{tmp_path / 'test.sqlite3'}")
    with server(keeping_alive) as (address, accepted), app.app_context():
        graph = client(address)
        with db.transaction(), pytest.raises(db.OutsideCallInTransaction):
            graph.whoami(TOKEN)
        assert accepted == []
        assert graph.whoami(TOKEN).id == "1"
        graph.transport.session().close()
    app.extensions["engine"].dispose()
