"""The database: one session a request or job, and transactions that ring bells after they commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g, has_app_context
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from webapp.core import work
from webapp.core.connections import ask_the_idle
from webapp.core.turns import queue_writers

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, always aware; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Of rows that come with every message: what is sent twice uses up numbers too. SQLite counts by INTEGER alone.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Model(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime}


class OutsideCallInTransaction(AssertionError):
    """Somebody called Meta or the mail server while holding the database."""


def init_app(app: Flask, url: str) -> None:
    app.extensions["engine"] = make_engine(url)
    app.teardown_appcontext(_close)


def make_engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        return _sqlite(url)
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, pool_size=20, hide_parameters=True)
    ask_the_idle(engine)
    return engine


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 15}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail at once when somebody else wrote
        # in between; one that will write takes its turn at the start.
        writes = connection.get_execution_options().get("writes", False)
        if writes:
            connection.info["turn"].take()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    queue_writers(engine)
    return engine


def session() -> Session:
    """The session of this request or job."""
    if "session" not in g:
        g.session = Session(_engine(), expire_on_commit=False)
    return g.session  # type: ignore[no-any-return]


@contextmanager
def transaction() -> Iterator[Session]:
    """Write something: commits at the end, rolls back on an error, then rings the bells.

    What was read before stands as it was; read rows again here before you decide on them.
    """
    current = session()
    leave()
    current.connection(execution_options={"writes": True})
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        g.pop("bells", None)
        raise
    for name, row_id in g.pop("bells", ()):
        work.ring(name, row_id)


def ring_after_commit(name: str, row_id: int) -> None:
    """Wake a worker for this row as soon as the row can be seen. Losing the bell loses only time."""
    g.setdefault("bells", []).append((name, row_id))


def leave() -> None:
    """End the transaction that reading began: nobody holds the database while calling outside."""
    current = session()
    if current.new or current.dirty or current.deleted:
        raise AssertionError("changes belong into a transaction()")
    current.commit()


def give_up() -> None:
    """After an error: forget what was under way, so that the page that tells of it can read again."""
    if "session" in g:
        g.session.rollback()


def assert_left() -> None:
    """The gates ask this before each call outside."""
    if not __debug__ or not has_app_context() or "session" not in g:
        return
    if g.session.in_transaction():
        raise OutsideCallInTransaction


def is_postgresql() -> bool:
    return _engine().dialect.name == "postgresql"


def _engine() -> Engine:
    return current_app.extensions["engine"]  # type: ignore[no-any-return]


def _close(error: BaseException | None) -> None:
    if "session" in g:
        g.pop("session").close()
