"""Receivers as others write them, in Flask: for gunicorn, `--chdir` here, `peers:make("name")`.

Runs in a throw-away environment of its own; see bench/receive.py. DATABASE_URL and META_APP_SECRET are set.
"""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable

from flask import Flask, request

SECRET = os.environ["META_APP_SECRET"].encode()
URL = os.environ["DATABASE_URL"]
INSERT = "INSERT INTO peer_event (digest, body) VALUES (%s, %s) ON CONFLICT DO NOTHING"


def make(name: str) -> Flask:
    app = Flask("peer")
    take = globals()[f"take_{name}"]()

    @app.post("/webhooks/meta")
    def deliver() -> tuple[str, int]:
        return "", take(request.get_data())

    return app


def is_signed(body: bytes) -> bool:
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, request.headers.get("X-Hub-Signature-256", ""))


def signed(store: Callable[[bytes], None]) -> Callable[[bytes], int]:
    def take(body: bytes) -> int:
        if not is_signed(body):
            return 403
        store(body)
        return 200

    return take


def take_hmac() -> Callable[[bytes], int]:
    """Stores nothing."""
    return signed(lambda body: None)


def take_psycopg() -> Callable[[bytes], int]:
    """A connection a thread, a commit a request."""
    import psycopg  # noqa: PLC0415

    mine = threading.local()

    def store(body: bytes) -> None:
        if not hasattr(mine, "line"):
            mine.line = psycopg.connect(URL, autocommit=True)
        mine.line.execute(INSERT, (hashlib.sha256(body).hexdigest(), body))

    return signed(store)


def take_sqlite() -> Callable[[bytes], int]:
    """The embedded database with its safe setting: a connection a thread, a commit a request."""
    import sqlite3  # noqa: PLC0415

    mine = threading.local()

    def store(body: bytes) -> None:
        if not hasattr(mine, "line"):
            mine.line = sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
            mine.line.execute("PRAGMA journal_mode = WAL")
            mine.line.execute("PRAGMA synchronous = FULL")
        mine.line.execute(INSERT.replace("%s", "?"), (hashlib.sha256(body).hexdigest(), body))

    return signed(store)


def take_core() -> Callable[[bytes], int]:
    """SQLAlchemy Core with its pool."""
    import sqlalchemy as sa  # noqa: PLC0415
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415

    engine = sa.create_engine(URL.replace("postgresql://", "postgresql+psycopg://"), pool_size=32)
    table = sa.Table("peer_event", sa.MetaData(), sa.Column("digest", sa.Text), sa.Column("body", sa.LargeBinary))

    def store(body: bytes) -> None:
        row = {"digest": hashlib.sha256(body).hexdigest(), "body": body}
        with engine.begin() as connection:
            connection.execute(insert(table).values(row).on_conflict_do_nothing())

    return signed(store)


def take_fbmessenger() -> Callable[[bytes], int]:
    """Neither verifies nor stores."""
    from fbmessenger import BaseMessenger  # noqa: PLC0415

    names = ("account_linking", "delivery", "message", "optin", "postback", "read")
    messenger = type("Messenger", (BaseMessenger,), {name: lambda self, message: None for name in names})("token")

    def take(body: bytes) -> int:
        messenger.handle(request.get_json(force=True))
        return 200

    return take


def take_fbmq() -> Callable[[bytes], int]:
    """Neither verifies nor stores."""
    from fbmq import Page  # noqa: PLC0415

    page = Page("token")
    page.handle_message(lambda event: None)

    def take(body: bytes) -> int:
        page.handle_webhook(body.decode())
        return 200

    return take
