"""Conversations at 10^3 … 10^6: `python -m bench.inbox [sqlite|postgresql|both] [most]`, most = 1000000 by default.

Fills a database of its own step by step (one message a conversation, a thread of 100 more and one of 10,000), lets
the search's index catch up, and asks the real pages through Flask. Prints for each size the median milliseconds of
every page, SQL statements and bytes; the ratio largest / smallest, last / first page, long / short thread (goal P4:
each <= 1.3) and against OFFSET; and over the largest the search's p50 and p99. Exit code 1 when a goal is missed.
"""

import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from bench.stage import config_for
from bench.wrk import judged
from tests import engines
from tests.people import NOON
from webapp.accounts import passwords
from webapp.accounts.models import Membership, Person, Workspace
from webapp.app import create_app
from webapp.channels.models import Channel
from webapp.commands import upgrade
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.inbox import actions
from webapp.inbox.models import Tag

SIZES = (1_000, 10_000, 100_000, 1_000_000)
REPEATS = 25
LIST = "/w/bench/conversations"

# One line each: how a message begins, of what, what about it; and who writes. "_" is a space.
WORDS = """
請問 你好 不好意思 想問 老闆 哈囉 謝謝 早安 打擾了 對了 另外 抱歉
咖啡豆 拿鐵 抹茶蛋糕 手沖壺 禮盒 冷萃 保溫瓶 會員卡 早午餐 可頌 紅茶 檸檬塔 iPhone手機殼 latte coffee gift T-shirt
還有貨嗎 多少錢 可以宅配嗎 什麼時候到 有折扣嗎 能開發票嗎 很好喝 👍 ☕ thank_you how_much 寄到台中 約星期五
張雅婷 林志明 陳美惠 王小明 李佳穎 黃建宏 Amy Kevin 吳淑芬 劉德華 蔡依林 楊宗緯 Mei 許瑋甯 鄭宇軒 謝欣怡 郭書瑤
"""
SLOTS = [line.split() for line in WORDS.strip().splitlines()]
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
        _furnish()
    admin, agent = _entered(app, "admin"), _entered(app, "agent")
    seen: dict[str, list[float]] = {}
    made = 0
    for size in [size for size in SIZES if size <= most]:
        with app.app_context():
            _fill(made, size)
        made = size
        print(f"\n{name}, {size:,} conversations\n{'page':<26}{'ms':>8}{'SQL':>5}{'bytes':>9}")
        for page, client, address, after in _pages(app, admin, agent, size):
            seen.setdefault(page, []).append(_page(app, page, client, address, after))
    print(f"\n{name}: largest / smallest")
    bad = sum(judged(page, times[-1] / times[0], "<= 1.3") for page, times in seen.items() if len(times) > 1)
    last = {page: times[-1] for page, times in seen.items()}
    bad += judged("last page / first page", last["list, last"] / last["list"], "<= 1.3")
    bad += judged("thread of 10,000 / of 100", last["thread of 10,000"] / last["thread of 100"], "<= 1.3")
    bad += judged("middle by key / by OFFSET, SQL alone", _keyset_against_offset(app, made), "<= 0.02")
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


def _page(app: Flask, name: str, client: FlaskClient, address: str, is_poll: bool) -> float:
    if is_poll:
        address = _poll(client.get(address).text, "thread-1" if "thread" in name else "conversation-list")
    headers = {"HX-Request": "true"} if is_poll else {}
    with _counted(app) as statements:
        answer = client.get(address, headers=headers)
    assert answer.status_code == (204 if is_poll else 200), (name, answer.status_code)
    size = len(answer.data) + (len(str(answer.headers)) if is_poll else 0)
    milliseconds = median(_times(lambda: client.get(address, headers=headers), REPEATS))
    print(f"{name:<26}{milliseconds:>8.1f}{len(statements):>5}{size:>9,}")
    return milliseconds


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


def _furnish() -> None:
    with db.transaction() as session:
        workspace = Workspace(slug="bench", name="Bench")
        for name in ("admin", "agent"):
            person = Person(email=f"{name}@example.com", name=name, password_hash=passwords.hashed("bench"))
            session.add(Membership(person=person, workspace=workspace, role=name))
        session.flush()
        session.add_all(Tag(workspace_id=workspace.id, name=name, key=name) for name in ("rare", "common"))
        for number in range(3):
            session.add(_channel(workspace.id, number))
        session.execute(text("CREATE TABLE bench_word (slot integer, n integer, word text, PRIMARY KEY (slot, n))"))
        rows = [{"s": s, "n": n, "w": w.replace("_", " ")} for s, some in enumerate(SLOTS) for n, w in enumerate(some)]
        session.execute(text("INSERT INTO bench_word VALUES (:s, :n, :w)"), rows)


def _channel(workspace_id: int, number: int) -> Channel:
    return Channel(
        workspace_id=workspace_id,
        platform="instagram",
        external_id=f"1784{number:09d}",
        name=f"商店 {number}",
        page_id=str(number),
        page_token=Secret("token"),
        status="connected",
        status_since=NOON,
        connected_at=NOON,
        authorized_at=NOON,
        next_check_at=NOON,
    )


def _fill(made: int, size: int) -> None:
    """From so many conversations to so many, inside the database; then the index."""
    began = time.perf_counter()
    with db.transaction() as session:
        for statement in _statements(is_postgresql=db.is_postgresql(), is_first=made == 0):
            session.execute(text(statement), {"made": made, "size": size})
    filled = time.perf_counter()
    indexed = sum(itertools.takewhile(bool, (actions.index_due() for _ in itertools.count())))
    took = time.perf_counter() - filled
    with db.session().get_bind().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # type: ignore[union-attr]
        connection.execute(text("ANALYZE"))
    rate = f"{indexed / took:,.0f}/s" if indexed else "-"
    print(f"\nfilled to {size:,} in {filled - began:.0f} s; {indexed:,} texts indexed in {took:.0f} s ({rate})")


def _statements(*, is_postgresql: bool, is_first: bool) -> Iterator[str]:
    if is_postgresql:
        source = "generate_series(CAST(:made AS integer) + 1, CAST(:size AS integer)) AS s(i)"
        moment = f"timestamptz '{NOON:%Y-%m-%d %H:%M:%S}+00' + {{}} * interval '1 second'"
    else:
        counted = "WITH RECURSIVE s(i) AS (SELECT :made + 1 UNION ALL SELECT i + 1 FROM s WHERE i < :size)"
        source = f"({counted} SELECT i FROM s) s"
        moment = f"strftime('%Y-%m-%d %H:%M:%S.000000', '{NOON:%Y-%m-%d %H:%M:%S}', {{}} || ' seconds')"
    words = "".join(
        f" JOIN bench_word w{slot} ON w{slot}.slot = {slot} AND w{slot}.n = (i * {step} + i / {size}) % {size}"
        for slot, step, size in zip(range(4), (7, 11, 13, 5), map(len, SLOTS), strict=True)
    )
    said = "w0.word || '，' || w1.word || w2.word || ' 第 ' || i || ' 號'"
    no = "false" if is_postgresql else "0"
    yield (
        "INSERT INTO contact (id, channel_id, external_id, name, username, picture_url, first_at, phone, email, note) "
        f"SELECT i, 1 + i % 3, 'c' || i, w3.word || i, 'user.' || i, '', {moment.format('i')}, '', '', '' "
        f"FROM {source} {words}"
    )
    yield (
        "INSERT INTO conversation (id, workspace_id, channel_id, contact_id, state, assignee_id, latest_at, "
        "latest_text, latest_kind, latest_is_ours, last_inbound_at, waiting_since, unread, revision) "
        "SELECT i, 1, 1 + i % 3, i, "
        "CASE WHEN i % 10 < 6 THEN 'closed' WHEN i % 10 < 8 THEN 'open' ELSE 'in_progress' END, "
        "CASE WHEN i % 10 BETWEEN 6 AND 7 THEN NULL ELSE 1 + (i / 10) % 2 END, "
        f"{moment.format('i')}, {said}, 'text', {no}, {moment.format('i')}, "
        f"CASE WHEN i % 10 >= 6 THEN {moment.format('i')} END, CASE WHEN i % 20 = 7 THEN 1 ELSE 0 END, 1 "
        f"FROM {source} {words}"
    )
    columns = "conversation_id, channel_id, mid, direction, kind, text, attachments, reaction, at, tries"
    message = f"INSERT INTO message ({columns}) "
    yield message + (
        f"SELECT i, 1 + i % 3, 'm' || i, 'in', 'text', {said}, '[]', '', {moment.format('i')}, 0 FROM {source} {words}"
    )
    yield f"INSERT INTO tagging (contact_id, tag_id) SELECT i, 2 FROM {source} WHERE i % 3 = 0"
    if is_first:
        yield f"INSERT INTO tagging (contact_id, tag_id) SELECT i, 1 FROM {source} WHERE i % 50 = 0"
        series = source.replace(":size", "10000")
        for conversation, count in ((1, 10_000), (2, 100)):
            yield message + (
                f"SELECT {conversation}, {1 + conversation % 3}, 't{conversation}.' || i, 'in', 'text', 'line ' || i, "
                f"'[]', '', {moment.format('-i')}, 0 FROM {series} WHERE i <= {count}"
            )


if __name__ == "__main__":
    sys.exit(main())
