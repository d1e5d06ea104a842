"""The channels page with 1, 100 and 1,000 accounts: `python -m bench.pages`.

Prints SQL statements a page, bytes a row, and the time of a whole request against rendering the same template
with the same values by Jinja alone, measured in turn (A, B, A, B …); medians. Makes its own SQLite database.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
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
from webapp.channels.models import Channel, Grant
from webapp.channels.views.social_channels import PER_PAGE
from webapp.commands import upgrade
from webapp.core import db
from webapp.core.crypto import Secret

SIZES = (1, 100, 1000)
REPEATS = 15
PAGE = "/w/bench/social-channels"
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
        print(f"{'accounts':>8} {'SQL':>4} {'bytes':>9} {'B/row':>6} {'page ms':>8} {'jinja ms':>9} {'ratio':>6}")
        made = 0
        for size in SIZES:
            with app.app_context():
                _connect(made, size)
            made = size
            _report(app, client, size)
    return 0


def _report(app: Flask, client: FlaskClient, size: int) -> None:
    with _counted(app) as statements, _rendered(app) as last:
        body = client.get(PAGE).data
        count = len(statements)
        template, context = last[-1]
        with app.test_request_context(PAGE):
            page, bare = _in_turn(lambda: client.get(PAGE), lambda: template.render(context))
    rows = min(size, PER_PAGE)
    assert body.count(b'class="account is-') == rows
    row = len(body) / rows
    print(f"{size:>8} {count:>4} {len(body):>9} {row:>6.0f} {page:>8.1f} {bare:>9.1f} {page / bare:>6.2f}")


def _in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Median milliseconds of two things done in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for kept, call in zip(times, (one, other), strict=True):
            began = time.perf_counter()
            call()
            kept.append((time.perf_counter() - began) * 1000)
    return median(times[0]), median(times[1])


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", note)
    yield statements
    event.remove(app.extensions["engine"], "before_cursor_execute", note)


@contextmanager
def _rendered(app: Flask) -> Iterator[list[tuple[Template, dict[str, Any]]]]:
    seen: list[tuple[Template, dict[str, Any]]] = []

    def note(_app: Flask, template: Template, context: dict[str, Any], **_rest: Any) -> None:
        seen.append((template, context))

    with template_rendered.connected_to(note, app):
        yield seen


def furnish() -> None:
    with db.transaction() as session:
        person = Person(email="bench@example.com", name="Bench", password_hash=passwords.hashed("bench"))
        workspace = Workspace(slug="bench", name="Bench")
        session.add(Membership(person=person, workspace=workspace, role="admin"))
        session.flush()
        session.add(
            Grant(
                workspace_id=workspace.id,
                facebook_user_id="1",
                facebook_user_name="林小姐",
                user_token=Secret("token"),
                granted_at=NOW,
            )
        )


def _connect(begin: int, end: int) -> None:
    with db.transaction() as session:
        for number in range(begin, end):
            session.add(
                Channel(
                    workspace_id=1,
                    grant_id=1,
                    platform="instagram",
                    external_id=f"17841{number:012d}",
                    name=f"商店 {number}",
                    username=f"shop.{number}",
                    page_id=str(number),
                    page_name=f"商店 {number}",
                    page_token=Secret("token"),
                    status="lost" if number % 50 == 7 else "connected",
                    cause="password_changed" if number % 50 == 7 else None,
                    status_since=NOW,
                    connected_by_id=1,
                    connected_at=NOW,
                    authorized_at=NOW,
                    next_check_at=NOW,
                    checked_at=NOW,
                    verdict_at=NOW,
                )
            )


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
