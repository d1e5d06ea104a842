"""Group commit: one thread a process puts down whatever waits, in one commit; each request waits for its own.

It fails closed. What is not certainly on disk is reported as not stored, at the latest after `PATIENCE` seconds.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from webapp.webhooks.shelves import Arrival, Refusal, Shelf

log = logging.getLogger("webapp.webhooks")

# Meta waits five seconds; whoever hears "no" in time brings it again.
PATIENCE = 3.0
# Later than this a failed commit is not tried again: those who wait have little time left.
SECOND_TRY_WITHIN = 0.5
MOST_AT_ONCE = 500
MOST_BYTES = 8 * 1024 * 1024


class NotStored(Exception):
    """It is not on disk, or nobody knows: it must not be answered 200."""


class _Ticket:
    """One request's wait. `thing` is None once nobody waits for it any more."""

    __slots__ = ("_settled", "is_stored", "thing")

    def __init__(self, thing: Arrival | Refusal) -> None:
        self.thing: Arrival | Refusal | None = thing
        self.is_stored = False
        self._settled = Lock()
        self._settled.acquire()

    def settle(self, is_stored: bool) -> None:
        self.is_stored = is_stored
        self._settled.release()

    def wait(self) -> bool:
        in_time = self._settled.acquire(timeout=PATIENCE)
        self.thing = None
        return in_time and self.is_stored


class Writer:
    """`open_shelf` connects to the database; `stored` is called after each commit that brought something new."""

    def __init__(self, open_shelf: Callable[[], Shelf], stored: Callable[[], None]) -> None:
        self._open_shelf = open_shelf
        self._stored = stored
        self._shelf: Shelf | None = None
        self._waiting: SimpleQueue[_Ticket] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = Lock()

    def store(self, body: bytes, *, now: datetime) -> None:
        """Returns when the bytes are on disk; the same bytes are kept once. Raises NotStored."""
        self._hand_in(Arrival(hashlib.sha256(body).hexdigest(), body, now))

    def note_refused(self, *, was_missing: bool, now: datetime) -> None:
        """Remember that a signature was wrong, for the diagnosis. Raises NotStored."""
        self._hand_in(Refusal(was_missing, now))

    def _hand_in(self, thing: Arrival | Refusal) -> None:
        # Begun with the first delivery, so that a server that forks its workers has the thread in each of them.
        if self._thread is None or not self._thread.is_alive():
            self._start()
        ticket = _Ticket(thing)
        self._waiting.put(ticket)
        if not ticket.wait():
            raise NotStored

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="webhooks.writer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            tickets = self._group()
            things = [ticket.thing for ticket in tickets]
            stored = self._put(
                [one for one in things if isinstance(one, Arrival)], [one for one in things if isinstance(one, Refusal)]
            )
            for ticket in tickets:
                ticket.settle(stored is not None)
            if stored:
                self._stored()

    def _group(self) -> list[_Ticket]:
        """Waits for one, and takes what came meanwhile."""
        tickets, size = [], 0
        ticket: _Ticket | None = self._waiting.get()
        while ticket is not None:
            thing = ticket.thing
            tickets.append(ticket)
            size += len(thing.body) if isinstance(thing, Arrival) else 0
            ticket = self._next() if len(tickets) < MOST_AT_ONCE and size < MOST_BYTES else None
        return tickets

    def _next(self) -> _Ticket | None:
        try:
            return self._waiting.get_nowait()
        except Empty:
            return None

    def _put(self, arrivals: list[Arrival], refusals: list[Refusal]) -> int | None:
        """How many were new, None when nothing is certain. A connection that went stale unnoticed has one more try."""
        began, was_open = time.monotonic(), self._shelf is not None
        stored = self._try(arrivals, refusals)
        if stored is None and was_open and time.monotonic() - began < SECOND_TRY_WITHIN:
            stored = self._try(arrivals, refusals)
        return stored

    def _try(self, arrivals: list[Arrival], refusals: list[Refusal]) -> int | None:
        try:
            if self._shelf is None:
                self._shelf = self._open_shelf()
            return self._shelf.put(arrivals, refusals[-1] if refusals else None)
        except Exception as error:
            # Whatever it is, the thread must live and everybody who waits must hear of it.
            log.error("%s deliveries not stored: %s", len(arrivals), type(error).__name__)
            self._let_go()
            return None

    def _let_go(self) -> None:
        shelf, self._shelf = self._shelf, None
        try:
            if shelf is not None:
                shelf.close()
        except Exception as error:
            log.error("connection not closed: %s", type(error).__name__)
