"""Where deliveries are put down: one statement and one commit for as many as wait, on either database.

Plain driver connections, kept open: at thousands of deliveries a second the database work itself is the smaller part.
"""

import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGresult
from sqlalchemy import Engine

from webapp.core.turns import Turn

# Whoever waits is told after three seconds that it failed; the database gives up a little earlier.
SECONDS = 2
MILLISECONDS = 2500


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery with the right signature: SHA-256 of its bytes (hex), the bytes, when it came (UTC)."""

    digest: str
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery without (`was_missing`) or with a wrong signature."""

    was_missing: bool
    at: datetime


class Shelf(Protocol):
    def put(self, arrivals: Sequence[Arrival], refusal: Refusal | None) -> int:
        """On disk when this returns, each body once; how many were new. Raises whatever the driver raises."""

    def close(self) -> None: ...


def open_shelf(engine: Engine) -> Shelf:
    """A connection of its own to the engine's database; raises what the driver raises."""
    if engine.dialect.name == "postgresql":
        return PostgresShelf(engine)
    return SqliteShelf(engine)


class PostgresShelf:
    """Speaks libpq itself for its one statement: the driver's own way costs three times as much computing a commit."""

    _PREPARED = b"put"
    _DELIVERIES = b"""INSERT INTO delivery (digest, body, received_at, next_try_at, tries, problem)
        SELECT digest, body, at, at, 0, ''
        FROM unnest($1::text[], $2::bytea[], $3::timestamptz[]) AS one(digest, body, at)
        ON CONFLICT (digest) DO NOTHING"""
    _REFUSAL = """INSERT INTO signature_failure (id, failed_at, was_missing) VALUES (1, %s, %s)
        ON CONFLICT (id) DO UPDATE SET failed_at = excluded.failed_at, was_missing = excluded.was_missing"""

    def __init__(self, engine: Engine) -> None:
        arguments, settings = engine.dialect.create_connect_args(engine.url)
        patience = {"connect_timeout": SECONDS, "tcp_user_timeout": MILLISECONDS}
        self._connection = psycopg.connect(*arguments, **{**patience, **settings}, autocommit=True)
        # "On disk" is what the answer promises, whatever the server's own habit is.
        self._connection.execute("SET synchronous_commit = on")
        self._connection.execute(f"SET statement_timeout = {MILLISECONDS}")
        _succeeded(self._connection.pgconn.prepare(self._PREPARED, self._DELIVERIES))

    def put(self, arrivals: Sequence[Arrival], refusal: Refusal | None) -> int:
        stored = 0
        if arrivals:
            columns = (
                _array(_TEXT, [one.digest.encode() for one in arrivals]),
                _array(_BYTEA, [one.body for one in arrivals]),
                _array(_TIMESTAMPTZ, [_microseconds(one.at) for one in arrivals]),
            )
            done = self._connection.pgconn.exec_prepared(self._PREPARED, columns, _BINARY)
            stored = _succeeded(done).command_tuples or 0
        if refusal is not None:
            self._connection.execute(self._REFUSAL, (refusal.at, refusal.was_missing))
        return stored

    def close(self) -> None:
        self._connection.close()


# PostgreSQL's numbers of types (pg_type.dat); its binary forms of arrays and moments (array_send, timestamptz_send).
_TEXT, _BYTEA, _TIMESTAMPTZ = 25, 17, 1184
_BINARY = (pq.Format.BINARY,) * 3
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _array(type: int, items: Sequence[bytes]) -> bytes:
    """One dimension, no NULLs, counted from 1."""
    head = struct.pack("!iiIii", 1, 0, type, len(items), 1)
    return head + b"".join([struct.pack("!i", len(one)) + one for one in items])


def _microseconds(moment: datetime) -> bytes:
    return struct.pack("!q", (moment - _EPOCH) // timedelta(microseconds=1))


def _succeeded(result: PGresult) -> PGresult:
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise psycopg.OperationalError(result.get_error_message())
    return result


class SqliteShelf:
    _DELIVERIES = """INSERT INTO delivery (digest, body, received_at, next_try_at, tries, problem)
        VALUES (?, ?, ?, ?, 0, '') ON CONFLICT (digest) DO NOTHING"""
    _REFUSAL = """INSERT INTO signature_failure (id, failed_at, was_missing) VALUES (1, ?, ?)
        ON CONFLICT (id) DO UPDATE SET failed_at = excluded.failed_at, was_missing = excluded.was_missing"""

    def __init__(self, engine: Engine) -> None:
        kept = engine.raw_connection()
        connection: Any = kept.driver_connection
        self._turn: Turn = kept.info["turn"]
        kept.detach()
        self._connection = connection
        self._connection.execute(f"PRAGMA busy_timeout = {MILLISECONDS}")

    def put(self, arrivals: Sequence[Arrival], refusal: Refusal | None) -> int:
        self._turn.take()
        try:
            return self._put(arrivals, refusal)
        finally:
            self._turn.give_back()

    def _put(self, arrivals: Sequence[Arrival], refusal: Refusal | None) -> int:
        self._connection.execute("BEGIN IMMEDIATE")
        rows = [(one.digest, one.body, _stamp(one.at), _stamp(one.at)) for one in arrivals]
        stored: int = self._connection.executemany(self._DELIVERIES, rows).rowcount
        if refusal is not None:
            self._connection.execute(self._REFUSAL, (_stamp(refusal.at), refusal.was_missing))
        self._connection.execute("COMMIT")
        return max(stored, 0)

    def close(self) -> None:
        with suppress(Exception):
            self._connection.rollback()
        self._connection.close()
        self._turn.close()


def _stamp(moment: datetime) -> str:
    """As SQLAlchemy writes moments into SQLite."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
