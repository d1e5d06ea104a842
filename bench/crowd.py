"""Conversations by the million, made inside the database, with words that a search can look for."""

import time
from collections.abc import Iterator

from sqlalchemy import text

from tests.people import NOON
from webapp.accounts import passwords
from webapp.accounts.models import Membership, Person, Workspace
from webapp.channels.models import Channel
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.inbox import actions
from webapp.inbox.models import Tag

# One line each: how a message begins, of what, what about it; and who writes. "_" is a space.
WORDS = """
請問 你好 不好意思 想問 老闆 哈囉 謝謝 早安 打擾了 對了 另外 抱歉
咖啡豆 拿鐵 抹茶蛋糕 手沖壺 禮盒 冷萃 保溫瓶 會員卡 早午餐 可頌 紅茶 檸檬塔 iPhone手機殼 latte coffee gift T-shirt
還有貨嗎 多少錢 可以宅配嗎 什麼時候到 有折扣嗎 能開發票嗎 很好喝 👍 ☕ thank_you how_much 寄到台中 約星期五
張雅婷 林志明 陳美惠 王小明 李佳穎 黃建宏 Amy Kevin 吳淑芬 劉德華 蔡依林 楊宗緯 Mei 許瑋甯 鄭宇軒 謝欣怡 郭書瑤
"""
SLOTS = [line.split() for line in WORDS.strip().splitlines()]


def furnish() -> None:
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


def fill(made: int, size: int) -> None:
    """From so many conversations to so many; then the index."""
    began = time.perf_counter()
    people(made, size)
    filled = time.perf_counter()
    indexed = actions.index_due()
    took = time.perf_counter() - filled
    with db.session().get_bind().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # type: ignore[union-attr]
        connection.execute(text("ANALYZE"))
    rate = f"{indexed / took:,.0f}/s" if indexed else "-"
    print(f"\nfilled to {size:,} in {filled - began:.0f} s; {indexed:,} texts indexed in {took:.0f} s ({rate})")


def people(made: int, size: int) -> None:
    """From so many conversations to so many, inside the database; all that is new waits for the index."""
    with db.transaction() as session:
        if db.is_postgresql():  # what is made here fits together: nobody need look it up row by row
            session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in _statements(is_postgresql=db.is_postgresql(), is_first=made == 0):
            session.execute(text(statement), {"made": made, "size": size})


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
    if is_postgresql:
        # As the triggers would, which look away too.
        yield "INSERT INTO search_due (contact_id) SELECT id FROM contact WHERE id > :made ORDER BY id"
        yield "INSERT INTO search_due (message_id) SELECT id FROM message WHERE conversation_id > :made ORDER BY id"
