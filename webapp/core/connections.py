"""Connections to PostgreSQL that may have died while nobody used them: after a restart, or behind a firewall.

SQLAlchemy's `pool_pre_ping` asks before every use, which is several times a page. One that was used a moment ago is
trusted here; should it be dead all the same, that one request fails and the pool forgets all the others with it.
"""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

# Seconds. A restart of the database takes longer than this.
TRUSTED_FOR = 1.0


def ask_the_idle(engine: Engine) -> None:
    """Whoever takes a connection that was idle for longer gets one that answered, or a new one."""

    @event.listens_for(engine, "checkin")
    def left(_connection: Any, record: Any) -> None:
        record.info["left_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, _proxy: object) -> None:
        left_at = record.info.get("left_at")
        # A connection that was just made has never been left.
        if left_at is None or time.monotonic() - left_at < TRUSTED_FOR:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
