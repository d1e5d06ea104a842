"""The channels page with 1, 100 and 1,000 accounts, and the overview above them: `python -m bench.pages`.

Prints SQL statements a page (BEGIN is not counted: PostgreSQL's driver sends it along), bytes as sent and as
compressed, and the time of a whole request against rendering the same template with the same values by Jinja alone,
measured in turn (A, B, A, B …); medians, in CPU time too: a busy machine stretches the clock, not the work. The
accounts are as people have them: several Facebook logins, messages and checks of different ages, days of trouble,
quiet ones, disconnected ones. Makes its own SQLite database.
"""

import gzip
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from sqlalchemy import event

from config import Config
from webapp.accounts import passwords
from webapp.accounts.models import Membership, Person, Workspace
from webapp.app import create_app
from webapp.channels.listing import PER_PAGE
from webapp.channels.models import Channel, CheckGap, Grant, Quiet, StatusChange
from webapp.commands import upgrade
from webapp.core import db
from webapp.core.crypto import Secret

SIZES = (1, 100, 1000)
REPEATS = 15
PAGE = "/w/bench/social-channels"
OVERVIEW = "/w/bench"
LOGINS = 4
NOW = datetime.now(UTC)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(_config(f"sqlite:///{folder}/bench.sqlite3"))
        app.config["WTF_CSRF_ENABLED"] = False
        upgrade(app.extensions["engine"])
        with app.app_context():
            furnish()
        client = app.test_client()
        client.post("/sign-in", data={"email": "bench@example.com", "password": "bench"})
        print(f"{'page':<26} {'accounts':>8} {'SQL':>4} {'bytes':>8} {'gzip':>6} {'DB ms':>6}", end=" ")
        print(f"{'page ms':>8} {'CPU ms':>7} {'jinja ms':>9} {'CPU ms':>7} {'ratio':>6}")
        made = 0
        for size in SIZES:
            with app.app_context():
                _connect(made, size)
            made = size
            for path in (PAGE, OVERVIEW):
                _report(app, client, path, size)
    return 0


def _report(app: Flask, client: FlaskClient, path: str, size: int) -> None:
    with _counted(app) as statements, _rendered(app) as last:
        client.get(path)
        statements.clear()
        body = client.get(path).data
        count, spent = len(statements), sum(statements) * 1000
        template, context = last[-1]
        with app.test_request_context(path):
            whole, bare = _in_turn(lambda: client.get(path), lambda: template.render(context))
    if path == PAGE:
        assert body.count(b'class="account is-') >= min(size, PER_PAGE)
    sizes = f"{len(body):>8} {len(gzip.compress(body, 6)):>6} {spent:>6.1f}"
    times = f"{whole[0]:>8.1f} {whole[1]:>7.1f} {bare[0]:>9.1f} {bare[1]:>7.1f} {whole[1] / bare[1]:>6.2f}"
    print(f"{path:<26} {size:>8} {count:>4} {sizes} {times}")


def _in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[tuple[float, float], ...]:
    """Median milliseconds of two things done in turn, each by the clock and in CPU time."""
    spent: list[list[tuple[float, float]]] = [[], []]
    for _ in range(REPEATS):
        for kept, call in zip(spent, (one, other), strict=True):
            clock, cpu = time.perf_counter(), time.process_time()
            call()
            kept.append((time.perf_counter() - clock, time.process_time() - cpu))
    return tuple((median(a for a, _ in kept) * 1000, median(b for _, b in kept) * 1000) for kept in spent)


@contextmanager
def _counted(app: Flask) -> Iterator[list[float]]:
    """The seconds that each statement took, but for fetching its rows."""
    engine, took = app.extensions["engine"], list[float]()

    def begin(connection: Any, *_rest: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def end(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            took.append(time.perf_counter() - connection.info["began"])

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    yield took
    event.remove(engine, "before_cursor_execute", begin)
    event.remove(engine, "after_cursor_execute", end)


@contextmanager
def _rendered(app: Flask) -> Iterator[list[tuple[Template, dict[str, Any]]]]:
    seen: list[tuple[Template, dict[str, Any]]] = []

    def note(_app: Flask, template: Template, context: dict[str, Any], **_rest: Any) -> None:
        seen.append((template, context))

    with template_rendered.connected_to(note, app):
        yield seen


def furnish() -> None:
    with db.transaction() as session:
        people = [
            Person(email=f"bench{number or ''}@example.com", name=f"Bench {number}", password_hash="!")
            for number in range(LOGINS)
        ]
        people[0].password_hash = passwords.hashed("bench")
        workspace = Workspace(slug="bench", name="Bench")
        session.add_all(Membership(person=person, workspace=workspace, role="admin") for person in people)
        session.flush()
        session.add_all(
            Grant(
                workspace_id=workspace.id,
                facebook_user_id=str(number),
                facebook_user_name=f"林小姐 {number}",
                user_token=Secret("token"),
                granted_at=NOW - timedelta(days=number),
            )
            for number in range(LOGINS)
        )


def _connect(begin: int, end: int) -> None:
    with db.transaction() as session:
        for number in range(begin, end):
            session.add(_channel(number))
        session.flush()
        for number in range(begin, end):
            session.add_all(_past(number))


def _channel(number: int) -> Channel:
    status, cause = {7: ("lost", "password_changed"), 13: ("attention", "access_off"), 31: ("disconnected", None)}.get(
        number % 50, ("connected", None)
    )
    return Channel(
        id=number + 1,
        workspace_id=1,
        grant_id=number % LOGINS + 1,
        platform="instagram",
        external_id=f"17841{number:012d}",
        name=f"商店 {number}",
        username=f"shop.{number}",
        picture_url=f"https://scontent.cdninstagram.com/v/{number}.jpg",
        page_id=str(number),
        page_name=f"商店 {number}",
        page_token=Secret("token"),
        status=status,
        cause=cause,
        status_since=NOW - timedelta(hours=number % 90),
        connected_by_id=number % LOGINS + 1,
        connected_at=NOW - timedelta(days=20, minutes=number),
        authorized_at=NOW - timedelta(days=20),
        next_check_at=NOW,
        checked_at=NOW - timedelta(minutes=number % 59),
        verdict_at=NOW - timedelta(minutes=number % 59),
        last_inbound_at=NOW - timedelta(minutes=7 * number) if number % 3 else None,
    )


def _past(number: int) -> Iterator[object]:
    """What the strip of an account is drawn from: connected, now and then in trouble or unchecked. Some are quiet."""
    begun = NOW - timedelta(days=20, minutes=number)
    yield StatusChange(channel_id=number + 1, at=begun, was=None, became="connected", noticed_by="connect", person_id=1)
    if number % 5 == 0:
        for hours, became, cause in ((90, "lost", "expired"), (95, "connected", None)):
            at = begun + timedelta(hours=hours)
            yield StatusChange(
                channel_id=number + 1, at=at, was="connected", became=became, cause=cause, noticed_by="sweep"
            )
    if number % 10 == 0:
        yield CheckGap(channel_id=number + 1, began_at=NOW - timedelta(days=9), ended_at=NOW - timedelta(days=8))
    if number % 50 == 20:
        yield Quiet(channel_id=number + 1, look_at=NOW, since=NOW - timedelta(hours=1), missed=4)


def _config(database_url: str) -> Config:
    return Config.from_env(
        {
            "ENVIRONMENT": "test",
            "BASE_URL": "http://localhost",
            "SECRET_KEY": "only for this measurement, nothing else",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": database_url,
            "META_APP_ID": "1",
            "META_APP_SECRET": "only for this measurement",
            "META_VERIFY_TOKEN": "only for this",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_SENDER": "bench@example.com",
            "LOG_LEVEL": "ERROR",
        }
    )


if __name__ == "__main__":
    sys.exit(main())
