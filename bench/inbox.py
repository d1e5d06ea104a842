"""Conversations at 10^3 … 10^6: `python -m bench.inbox [sqlite|postgresql|both] [most]`, most = 1000000 by default.

Fills a database of its own step by step (one message a conversation, a thread of 100 more and one of 10,000), lets
the search's index catch up, and asks the real pages through Flask. Prints for each size the median milliseconds of
every page, SQL statements and bytes; the ratio largest / smallest, last / first page, long / short thread (goal P4:
each <= 1.3) and against OFFSET; and over the largest the search's p50 and p99. Exit code 1 when a goal is missed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from bench import crowd
from bench.stage import config_for
from bench.wrk import judged
from tests import engines
from tests.people import NOON
from webapp.app import create_app
from webapp.commands import upgrade
from webapp.core import db

SIZES = (1_000, 10_000, 100_000, 1_000_000)
REPEATS = 25
LIST = "/w/bench/conversations"

QUERIES = {
    "one character": ["茶", "豆", "貨", "☕"],
    "two characters": ["咖啡", "拿鐵", "台中", "發票", "宅配"],
    "a sentence's part": ["抹茶蛋糕還有貨", "手沖壺多少", "耶加雪菲可以"],
    "Latin": ["coffee", "iphone", "latte how", "shirt"],
    "a number": ["第 777 號", "31415", "號 5000"],
    "a name": ["雅婷", "Kevin", "欣怡"],
    "nothing": ["紅龍果汁", "zebra", "豆咖"],
}


def main() -> int:
    kind = sys.argv[1] if len(sys.argv) > 1 else "both"
    most = int(sys.argv[2]) if len(sys.argv) > 2 else SIZES[-1]
    print(f"load {os.getloadavg()[0]:.1f}")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        if kind in ("sqlite", "both"):
            bad += _measure("SQLite", f"sqlite:///{folder}/bench.sqlite3", most)
        if kind in ("postgresql", "both"):
            with engines.fresh_database(engines.postgresql(), f"bench_inbox_{os.getpid()}") as url:
                bad += _measure("PostgreSQL", url, most)
    return int(bad > 0)


def _measure(name: str, url: str, most: int) -> int:
    """Prints everything; how many goals were missed."""
    app = create_app(config_for(url, Fernet.generate_key().decode()))
    app.config["WTF_CSRF_ENABLED"] = False
    upgrade(app.extensions["engine"])
    with app.app_context():
        crowd.furnish()
    admin, agent = _entered(app, "admin"), _entered(app, "agent")
    seen: dict[str, list[float]] = {}
    made = 0
    for size in [size for size in SIZES if size <= most]:
        with app.app_context():
            crowd.fill(made, size)
        made = size
        print(f"\n{name}, {size:,} conversations\n{'page':<26}{'ms':>8}{'SQL':>5}{'bytes':>9}")
        for page, milliseconds in _times_of(app, list(_pages(app, admin, agent, size))).items():
            seen.setdefault(page, []).append(milliseconds)
    print(f"\n{name}: largest / smallest")
    bad = sum(judged(page, times[-1] / times[0], "<= 1.3") for page, times in seen.items() if len(times) > 1)
    last = {page: times[-1] for page, times in seen.items()}
    bad += judged("last page / first page", last["list, last"] / last["list"], "<= 1.3")
    bad += judged("thread of 10,000 / of 100", last["thread of 10,000"] / last["thread of 100"], "<= 1.3")
    offset = _keyset_against_offset(app, made)
    print(f"{'middle by key / by OFFSET, SQL alone':<38}{offset:14.3f}")
    if made >= SIZES[-1]:
        bad += judged("the same, at a million", offset, "<= 0.02")
    _search(name, admin)
    app.extensions["engine"].dispose()
    return bad


def _keyset_against_offset(app: Flask, size: int) -> float:
    """The query of the middle page, by its place in the order and by counting up to it."""
    head = "SELECT id FROM conversation WHERE workspace_id = 1"
    order = "ORDER BY latest_at DESC, id DESC LIMIT 50"
    with app.app_context():
        at = db.session().execute(text("SELECT latest_at FROM conversation WHERE id = :id"), {"id": size // 2}).scalar()
        given = {"at": at, "id": size // 2}
        keyset, offset = f"{head} AND (latest_at, id) < (:at, :id) {order}", f"{head} {order} OFFSET {size // 2}"
        times = [
            median(_times(lambda query=query: db.session().execute(text(query), given).all(), REPEATS))
            for query in (keyset, offset)
        ]
    return times[0] / times[1]


def _pages(
    app: Flask, admin: FlaskClient, agent: FlaskClient, size: int
) -> Iterator[tuple[str, FlaskClient, str, bool]]:
    """Name, whose browser, address, and whether it is a poll that finds nothing new."""
    with app.app_context():
        rows = db.session().execute(
            text("SELECT id, latest_at FROM conversation WHERE id = :middle"), {"middle": size // 2}
        )
        middle = rows.one().id
    yield "list", admin, LIST, False
    yield "list, middle", admin, f"{LIST}?before={_place(middle)}", False
    yield "list, last", admin, f"{LIST}?before={_place(60)}", False
    yield "list, open", admin, f"{LIST}?state=open", False
    yield "list, unread", admin, f"{LIST}?unread=1", False
    yield "list, waiting", admin, f"{LIST}?order=waiting", False
    yield "list, a rare tag", admin, f"{LIST}?tag=1", False
    yield "list, a common tag", admin, f"{LIST}?tag=2", False
    yield "list of an agent", agent, LIST, False
    yield "thread of 100", admin, f"{LIST}/2", False
    yield "thread of 10,000", admin, f"{LIST}/1", False
    yield "poll of the list", admin, LIST, True
    yield "poll of the thread", admin, f"{LIST}/1", True


def _place(number: int) -> str:
    """Conversation n wrote n seconds after noon."""
    return f"{int(NOON.timestamp() + number) * 1_000_000}-{number}"


def _times_of(app: Flask, pages: Sequence[tuple[str, FlaskClient, str, bool]]) -> dict[str, float]:
    """Prints and returns the median milliseconds of each page, asked for in turn so that all meet the same machine."""
    calls = {page: _call(app, page, client, address, is_poll) for page, client, address, is_poll in pages}
    times: dict[str, list[float]] = {page: [] for page in calls}
    for _ in range(REPEATS):
        for page, (call, _statements, _size) in calls.items():
            times[page] += _times(call, 1)
    for page, (_call_again, statements, size) in calls.items():
        print(f"{page:<26}{median(times[page]):>8.1f}{statements:>5}{size:>9,}")
    return {page: median(some) for page, some in times.items()}


def _call(
    app: Flask, name: str, client: FlaskClient, address: str, is_poll: bool
) -> tuple[Callable[[], object], int, int]:
    """How to ask for a page once more, its SQL statements and its bytes."""
    if is_poll:
        address = _poll(client.get(address).text, "thread-1" if "thread" in name else "conversation-list")
    headers = {"HX-Request": "true"} if is_poll else {}
    with _counted(app) as statements:
        answer = client.get(address, headers=headers)
    assert answer.status_code == (204 if is_poll else 200), (name, answer.status_code)
    size = len(answer.data) + (len(str(answer.headers)) if is_poll else 0)
    return lambda: client.get(address, headers=headers), len(statements), size


def _poll(page: str, element: str) -> str:
    begin = page.index('hx-get="', page.index(f'id="{element}"')) + 8
    return page[begin : page.index('"', begin)].replace("&amp;", "&")


def _search(name: str, client: FlaskClient) -> None:
    print(f"\n{name}: search, milliseconds a page\n{'kind':<26}{'p50':>8}{'max':>8}{'finds':>7}")
    everything: list[float] = []
    for kind, queries in QUERIES.items():
        times, finds = [], []
        for query in queries:
            call = lambda query=query: client.get(f"{LIST}/list", query_string={"q": query}).data  # noqa: E731
            finds.append(call().count(b'id="found-'))
            times += _times(call, 8)
        everything += times
        print(f"{kind:<26}{median(times):>8.1f}{max(times):>8.1f}{sum(finds) // len(finds):>7}")
    print(f"{'all':<26}{median(everything):>8.1f}{quantiles(everything, n=100)[98]:>8.1f}   (p99)")


def _times(call: Callable[[], object], repeats: int) -> list[float]:
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return found


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", note)
    yield statements
    event.remove(app.extensions["engine"], "before_cursor_execute", note)


def _entered(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"email": f"{name}@example.com", "password": "bench"})
    return client


if __name__ == "__main__":
    sys.exit(main())
