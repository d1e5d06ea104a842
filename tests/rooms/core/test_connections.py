"""A database that was restarted costs nobody who comes later a request."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests import engines
from webapp.core import connections
from webapp.core.db import make_engine

pytestmark = pytest.mark.postgresql
CONNECTIONS = 3


@pytest.fixture
def engine() -> Iterator[Engine]:
    """With several connections in its pool."""
    with engines.fresh_database(engines.postgresql(), "test_connections") as url:
        engine = make_engine(url)
        held = [engine.connect() for _ in range(CONNECTIONS)]
        for one in held:
            one.close()
        yield engine
        engine.dispose()


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def end_all(engine: Engine) -> None:
    """As a restart does, or a firewall that forgets."""
    url = make_url(engine.url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as server:
        own = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        assert all(ended for (ended,) in server.execute(own, [engine.url.database]))


def test_an_idle_connection_that_died_is_replaced_before_it_is_used(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "TRUSTED_FOR", 0)
    before = backend(engine)
    end_all(engine)
    assert backend(engine) != before


def test_one_that_was_just_used_is_trusted_and_fails_once_for_all(engine: Engine) -> None:
    backend(engine)
    end_all(engine)
    with pytest.raises(OperationalError):
        backend(engine)
    for _ in range(CONNECTIONS):
        assert backend(engine)


def test_a_connection_in_use_is_not_asked_again_for_every_question(engine: Engine) -> None:
    asked: list[object] = []
    ping = engine.dialect.do_ping
    engine.dialect.do_ping = lambda connection: bool(asked.append(connection)) or ping(connection)  # type: ignore[method-assign]
    for _ in range(10):
        backend(engine)
    assert asked == []
