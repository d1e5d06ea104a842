"""Every fault of Meta or of the network meets every kind of call: the right class, in bounded time, without a token.

A check that meets it must prove nothing, unless the code names the channel's own trouble: no false mail.
"""

import logging
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests_mock

from tests.gates.meta.conftest import APP_SECRET, PAGE_TOKEN, SETTINGS, USER_TOKEN, Batch, Question, refusal
from tests.gates.meta.sockets import reading, response, server
from webapp.channels.rules import NEEDED, Subject, judge
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError, Kind, NotSent, OutcomeUnknown
from webapp.meta.gateway import Probe

TIMEOUT = 0.15  # seconds
USER, PAGE = Secret(USER_TOKEN), Secret(PAGE_TOKEN)
PROBE = Probe("instagram", "1", PAGE)
SUBJECT = Subject("instagram", "1784", "1")
Operation = Callable[[GraphClient], object]

OPERATIONS: dict[str, Operation] = {
    "sweep": lambda graph: graph.check([PROBE]),
    "send": lambda graph: graph.send_text("1", PAGE, "2", "x", human_agent=False),
    "connect": lambda graph: graph.pages(USER),
    "subscribe": lambda graph: graph.subscribe("1", PAGE),
    "profile": lambda graph: graph.profile("2", PAGE, "instagram"),
    "history": lambda graph: graph.newest_messages("instagram", "1", PAGE),
}
BIG = b'{"id": "' + b" " * (10 * 1024 * 1024 + 1) + b'"}'


def status(code: int, body: bytes = b"<html>") -> bytes:
    return response(body).replace(b"200 OK", b"%d Trouble" % code, 1)


def hang(connection: socket.socket) -> None:
    reading(connection)
    time.sleep(3.5 * TIMEOUT)


def reset(connection: socket.socket) -> None:
    reading(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    def play(connection: socket.socket) -> None:
        reading(connection)
        for one in answers:
            connection.sendall(one)

    return play


NETWORK = {
    "hang": hang,
    "reset": reset,
    "closed without a word": lambda connection: reading(connection),
    "truncated": answering(response(b'{"id":"1"', length=500)),
    "truncated in the headers": answering(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "HTML with 200": answering(response(b"<html>Sorry</html>")),
    "nothing with 200": answering(response(b"")),
    "null with 200": answering(response(b"null")),
    "500": answering(status(500)),
    "502": answering(status(502)),
    "503": answering(status(503, b"")),
    "429": answering(status(429)),
    "redirect": answering(status(302).replace(b"Content-Length", b"Location: /elsewhere\r\nContent-Length")),
    "ten megabytes": answering(response(BIG)),
    "broken chunks": answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "not HTTP": answering(b"\x15\x03\x01\x00\x02\x02\x50"),
}


def outcome(operation: Operation, graph: GraphClient) -> tuple[list[GraphError], float]:
    """The errors that came of it, and the seconds that it took."""
    began = time.monotonic()
    try:
        found = operation(graph)
    except GraphError as error:
        return [error], time.monotonic() - began
    assert isinstance(found, list), "a fault passed for a success"
    (findings,) = found
    assert judge(SUBJECT, findings).status is None, "a false alarm"
    return findings.errors, time.monotonic() - began


@pytest.mark.parametrize("fault", NETWORK)
def test_a_fault_of_the_network_is_temporary_for_every_call(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for name, operation in OPERATIONS.items():
            with server(NETWORK[fault]) as (address, _):
                graph = GraphClient(replace(SETTINGS, graph_url=address, timeout=TIMEOUT))
                errors, seconds = outcome(operation, graph)
            assert {error.meaning.kind for error in errors} == {Kind.TRANSIENT}, name
            assert len(errors) == (4 if name == "sweep" else 1)
            assert isinstance(errors[0], OutcomeUnknown) == (name == "send"), name
            assert seconds < 2 + 3 * TIMEOUT, name
    assert [secret for secret in (USER_TOKEN, PAGE_TOKEN, APP_SECRET) if secret in caplog.text] == []


@contextmanager
def nowhere(kind: str) -> Iterator[str]:
    """An address with which no connection comes to be."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    if kind == "unknown host":
        yield "http://graph.invalid"
    elif kind == "closed port":
        yield f"http://127.0.0.1:{port}"
    else:
        with server(answering(response(b"{}"))) as (address, _):
            yield address.replace("http://", "https://")


@pytest.mark.parametrize("kind", ["unknown host", "closed port", "no TLS"])
def test_where_no_connection_comes_to_be_nothing_is_proven_and_nothing_leaks(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), nowhere(kind) as address:
        for name, operation in OPERATIONS.items():
            graph = GraphClient(replace(SETTINGS, graph_url=address, timeout=TIMEOUT))
            errors, seconds = outcome(operation, graph)
            assert {error.meaning.kind for error in errors} == {Kind.TRANSIENT}, name
            assert kind == "no TLS" or isinstance(errors[0], NotSent), name
            assert seconds < 3, name
    assert [secret for secret in (USER_TOKEN, PAGE_TOKEN, APP_SECRET) if secret in caplog.text] == []


# Code and subcode → what it is about, and what a check makes of it (None: nothing).
CODES: dict[tuple[int, int | None], tuple[Kind, str | None, str | None]] = {
    **{(code, None): (Kind.TRANSIENT, None, None) for code in (1, 2, 4, 17, 32, 341, 613, 80001, 80002, 80006)},
    (190, 452): (Kind.CREDENTIALS, "lost", "password_changed"),
    (190, 458): (Kind.CREDENTIALS, "lost", "app_removed"),
    (190, 459): (Kind.CREDENTIALS, "lost", "security_check"),
    (190, 460): (Kind.CREDENTIALS, "lost", "password_changed"),
    (190, 463): (Kind.CREDENTIALS, "lost", "expired"),
    (190, 467): (Kind.CREDENTIALS, "lost", "signed_out"),
    (190, 490): (Kind.CREDENTIALS, "lost", "security_check"),
    (190, 492): (Kind.CREDENTIALS, "lost", "role_lost"),
    (190, 99999): (Kind.CREDENTIALS, "lost", "unknown"),
    (102, None): (Kind.CREDENTIALS, "lost", "unknown"),
    (10, None): (Kind.PERMISSION, "lost", "permission_cancelled"),
    (200, None): (Kind.PERMISSION, "lost", "permission_cancelled"),
    (299, None): (Kind.PERMISSION, "lost", "permission_cancelled"),
    (10, 2534041): (Kind.CHANNEL, "attention", "access_off"),
    (100, 2534013): (Kind.CHANNEL, "attention", "instagram_unlinked"),
    (36103, None): (Kind.CHANNEL, "attention", "not_business"),
    (368, None): (Kind.CHANNEL, "attention", "restricted"),
    (10, 2018300): (Kind.ROUTING, "attention", "other_receiver"),
    **{(code, None): (Kind.APP, None, None) for code in (3, 101, 191)},
    **{(code, None): (Kind.REQUEST, None, None) for code in (100, 2500, 987654)},
}


@pytest.mark.parametrize(("code", "subcode"), CODES)
def test_a_refusal_is_understood_by_every_call_and_marks_only_what_it_names(
    meta: requests_mock.Mocker, graph: GraphClient, code: int, subcode: int | None
) -> None:
    kind, state, cause = CODES[code, subcode]
    refused = refusal(code, subcode, "拒絕 (#190) expired, password")
    for name, operation in OPERATIONS.items():
        if name == "sweep":
            continue
        meta.register_uri(requests_mock.ANY, requests_mock.ANY, json=refused, status_code=400)
        with pytest.raises(GraphError) as caught:
            operation(graph)
        assert caught.value.meaning.kind is kind, name
        assert not isinstance(caught.value, OutcomeUnknown)
    meta.post(f"{graph.transport.root}/", json=Batch(lambda path, params: _alive(path) or refused))
    (findings,) = graph.check([PROBE])
    verdict = judge(SUBJECT, findings)
    assert (verdict.status, verdict.cause) == (state, cause)


def _alive(path: str) -> Question | None:
    """The token's own state is told, so that only the refusal speaks."""
    alive: Question = {"data": {"is_valid": True, "scopes": list(NEEDED["instagram"])}}  # type: ignore[dict-item]
    return alive if path == "debug_token" else None
