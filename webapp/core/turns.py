"""Writers of an SQLite file take turns, in this process and in others.

SQLite itself lets waiting writers poll with growing pauses, and whoever has just written is first again: under load one
writer can wait for seconds. A file lock queues them. It is the kernel's: a killed process gives its turn back.
"""

import fcntl
import os
import threading
from typing import Any

from sqlalchemy import Engine, event

# Who writes into which file just now: only the thread that holds a turn can wait for itself.
_writing: set[tuple[str, int]] = set()


class WaitsForItself(RuntimeError):
    """A thread that is writing began to write over another connection, and would wait for ever."""


class Turn:
    """One connection's place in the queue."""

    def __init__(self, engine: Engine) -> None:
        database = engine.url.database
        self._database = str(database)
        self._writer = ("", 0)
        self._file = os.open(f"{database}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) if database else None
        self._is_ours = False

    def take(self) -> None:
        """Waits for as long as others write, which is short: nobody calls outside in a transaction."""
        if self._file is None or self._is_ours:
            return
        self._writer = (self._database, threading.get_ident())
        if self._writer in _writing:
            raise WaitsForItself
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._is_ours = True
        _writing.add(self._writer)

    def give_back(self) -> None:
        if self._file is not None and self._is_ours:
            self._is_ours = False
            _writing.discard(self._writer)
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self.give_back()
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)


def queue_writers(engine: Engine) -> None:
    """Give each connection of the engine its `info["turn"]`; what it took is given back when it goes to the pool."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        record.info["turn"] = Turn(engine)

    @event.listens_for(engine, "checkin")
    def give_back(connection: Any, record: Any) -> None:
        if "turn" in record.info:
            record.info["turn"].give_back()

    @event.listens_for(engine, "close")
    def close(connection: Any, record: Any) -> None:
        if "turn" in record.info:
            record.info["turn"].close()
