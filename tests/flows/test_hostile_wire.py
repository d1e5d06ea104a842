"""The real server meets bytes that are no request, and stops although somebody holds half of one."""

import os
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bench.stage import APP_SECRET, config_for, settings_for
from tests.flows.console import Console, served
from tests.rooms.webhooks.wire import dm, signature
from tests.running import free_ports
from webapp.app import create_app
from webapp.commands import upgrade

KEY = Fernet.generate_key().decode()
LONGEST = 2 * 1024 * 1024


def post(body: bytes, *, headers: str = "", length: object = None, sent: bytes | None = None) -> bytes:
    """A signed delivery with something wrong about how it is sent."""
    head = f"POST /webhooks/meta HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {signature(body, APP_SECRET)}\r\n"
    if length is not None:
        headers += f"Content-Length: {length}\r\n"
    return (head + headers + "\r\n").encode("latin-1") + (body if sent is None else sent)


def whole(body: bytes) -> bytes:
    return post(body, length=len(body))


def in_pieces(body: bytes) -> bytes:
    """As a proxy sends it that does not know the length."""
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:50], body[50:]))
    return post(body, headers="Transfer-Encoding: chunked\r\n", sent=pieces + b"0\r\n\r\n")


def wire() -> dict[str, tuple[bytes, set[int]]]:
    """What is sent, and what may be answered; 0: hung up without a word."""
    large = b'"' + b"x" * (LONGEST - 2) + b'"'
    return {
        "good": (whole(dm(mid="good")), {200}),
        "as large as is taken": (whole(large), {200}),
        "in pieces": (in_pieces(dm(mid="pieces")), {200, 411}),
        "not JSON": (whole(b"\x00\xff not JSON"), {200}),
        "one byte too large": (whole(large + b" "), {413, 0}),
        "a length that is none": (post(dm(), length="many"), {400, 0}),
        "a length below zero": (post(dm(), length=-5), {400, 0}),
        "two lengths": (post(dm(), headers="Content-Length: 3\r\n", length=5), {400, 0}),
        "a terabyte to come": (post(dm(), length=10**12), {413}),
        "no length and no body": (post(dm(), sent=b""), {403, 411}),
        "pieces that are none": (
            post(dm(), headers="Transfer-Encoding: chunked\r\n", sent=b"zz\r\n"), {400, 403, 411, 0}),
        "hung up in the middle": (post(dm(), length=5000), {400, 0}),
        "a signature that is no text": (b"POST /webhooks/meta HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: \xff\xfe\r\n"
                                        b"Content-Length: 2\r\n\r\n{}", {400, 403, 0}),
        "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n", {400, 0}),
    }  # fmt: skip


@pytest.fixture
def console(tmp_path: Path) -> Console:
    url = f"sqlite:///{tmp_path}/console.sqlite3"
    app = create_app(config_for(url, KEY))
    upgrade(app.extensions["engine"])
    app.extensions["engine"].dispose()
    return Console(f"http://127.0.0.1:{free_ports(1)[0]}", tmp_path / "console.log")


def knock(console: Console, sent: bytes, *, hangs_up: bool = False) -> int:
    """The status of the answer, 0 when there is none."""
    with line_to(console) as line:
        try:
            line.sendall(sent)
            if hangs_up:
                line.shutdown(socket.SHUT_WR)
            answer = line.recv(200)
        except OSError:
            return 0
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def line_to(console: Console) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(console.url.rpartition(":")[2])), timeout=10)


def test_no_bytes_make_the_server_fail_and_what_it_answered_200_is_stored(console: Console, tmp_path: Path) -> None:
    settings = os.environ | settings_for(f"sqlite:///{tmp_path}/console.sqlite3", KEY)
    cases = wire()
    with served(console, settings) as server:
        told = {name: knock(console, sent, hangs_up="hung up" in name) for name, (sent, _allowed) in cases.items()}
        assert {name: status for name, status in told.items() if status not in cases[name][1]} == {}
        assert knock(console, whole(dm(mid="afterwards"))) == 200
        with line_to(console) as half:
            half.sendall(b"POST /webhooks/meta HTTP/1.1\r\nHost: x\r\nContent-Le")
            time.sleep(0.1)
            began = time.monotonic()
            server.terminate()
            server.wait(10)
            assert time.monotonic() - began < 6
    stored = sum(status == 200 for status in told.values()) + 1
    with closing(sqlite3.connect(tmp_path / "console.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM delivery").fetchone() == (stored,)
    assert "Traceback" not in console.written()
    assert "panicked" not in console.written()
