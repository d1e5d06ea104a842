"""A Graph API that takes its time: answers batches and debug_token after a fixed latency, on loopback.

As little work as possible for each call, so that the program under test is what is measured. An account of the
stage (see stage.py) is known by its token, which begins with its Instagram id; the first `broken` ones have a changed
password. So many of the calls as `faults` says (a share) fail for the moment, each in one of several ways.
"""

import asyncio
import json
import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from urllib.parse import parse_qs, urlsplit

from bench.stage import DATA_ACCESS_ENDS, account_of_page, broken_page
from tests.running import free_ports
from webapp.channels.rules import NEEDED

APP_ID = "100000000000001"
DEAD = json.dumps({"error": {"code": 190, "error_subcode": 460, "type": "OAuthException", "message": "changed"}})
DEAD_TOKEN = json.dumps({"data": {"is_valid": False, "error": {"code": 190, "subcode": 460, "message": "changed"}}})
SCOPES = sorted({scope for scopes in NEEDED.values() for scope in scopes})
TOKEN = json.dumps(
    {
        "data": {
            "app_id": APP_ID,
            "type": "PAGE",
            "application": "Omnichat",
            "data_access_expires_at": int(DATA_ACCESS_ENDS.timestamp()),
            "expires_at": 0,
            "is_valid": True,
            "issued_at": 1790000000,
            "profile_id": "0001234567891",
            "scopes": SCOPES,
            "granular_scopes": [{"scope": scope} for scope in SCOPES],
            "user_id": "71234567",
        }
    }
)
SUBSCRIBED = json.dumps({"data": [{"id": APP_ID, "subscribed_fields": ["messages"]}]})
EMPTY = json.dumps({"data": []})
HEADERS = [
    {"name": "Content-Type", "value": "application/json; charset=UTF-8"},
    {"name": "facebook-api-version", "value": "v25.0"},
    {"name": "x-fb-trace-id", "value": "EJplcsCHuLu"},
    {"name": "x-fb-rev", "value": "1030000000"},
    {"name": "ETag", "value": '"a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"'},
    {"name": "Cache-Control", "value": "private, no-cache, no-store, must-revalidate"},
]
Item = dict[str, object] | None
# Temporary, each in its own words: nothing of it may ever be taken for a channel's fault.
PASSING: list[Item] = [
    None,
    {"code": 500, "body": json.dumps({"error": {"code": 2, "is_transient": True, "message": "try later"}})},
    {"code": 400, "body": json.dumps({"error": {"code": 190, "is_transient": True, "message": "try later"}})},
    {"code": 403, "body": json.dumps({"error": {"code": 80001, "message": "too many calls to this Page"}})},
    {"code": 500, "body": json.dumps({"error": {"code": 1, "message": "unknown"}})},
    {"code": 200, "body": "<html>"},
    {"code": 503, "body": ""},
]


class Graph:
    """Counts HTTP requests and the calls inside them."""

    def __init__(self, latency: float, broken: int, faults: float = 0.0) -> None:
        self.latency = latency
        self.broken = broken
        self.faults = faults
        self.requests = self.calls = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                length = 0
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                body = (await reader.readexactly(length)).decode()
                target = line.decode().split(" ")[1]
                if target != "/counts":
                    await asyncio.sleep(self.latency)
                writer.write(self.answer(target, body))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def answer(self, target: str, body: str) -> bytes:
        if target == "/counts":
            return _framed(json.dumps({"requests": self.requests, "calls": self.calls}))
        self.requests += 1
        if "debug_token" in target:
            self.calls += 1
            query = parse_qs(urlsplit(target).query)
            return _framed(self.debug_token(query["input_token"][0]))
        calls = json.loads(body.partition('name="batch"\r\n\r\n')[2].partition("\r\n--")[0])
        self.calls += len(calls)
        return _framed(json.dumps([self.item(call["relative_url"]) for call in calls]))

    def item(self, relative_url: str) -> Item:
        if self.faults and random.random() < self.faults:
            return random.choice(PASSING)
        body = self.body(relative_url)
        return {"code": 400 if body is DEAD else 200, "headers": HEADERS, "body": body}

    def body(self, relative_url: str) -> str:
        path, _, query = relative_url.partition("?")
        page_id, _, edge = path.partition("/")
        if path == "debug_token":
            return self.debug_token(query.partition("input_token=")[2].partition("&")[0])
        if broken_page(page_id):
            return DEAD
        if edge:
            return SUBSCRIBED if edge == "subscribed_apps" else EMPTY
        account = {"id": account_of_page(page_id), "username": "shop"}
        return json.dumps({"id": page_id, "name": "S", "instagram_business_account": account})

    def debug_token(self, token: str) -> str:
        return DEAD_TOKEN if int(token[4:13]) <= self.broken else TOKEN


def _framed(body: str) -> bytes:
    head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-App-Usage: {"call_count":1}\r\n'
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _run(port: int, graph: Graph, ready: Event) -> None:
    async def main() -> None:
        server = await asyncio.start_server(graph.serve, "127.0.0.1", port, limit=2**22)
        ready.set()
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def running(latency: float, broken: int, faults: float = 0.0) -> Iterator[str]:
    """Its address, while a process of its own serves it."""
    (port,) = free_ports(1)
    start = multiprocessing.get_context("spawn")
    ready = start.Event()
    server = start.Process(target=_run, args=(port, Graph(latency, broken, faults), ready), daemon=True)
    server.start()
    assert ready.wait(20), "the stand-in for Meta did not start"
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.join()
