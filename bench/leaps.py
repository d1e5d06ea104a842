"""A clock for several processes: it goes as fast as real time, and leaps only while every process rests.

So hours of leases pass in seconds, and no process, however slow the machine, finds its lease run out by the clock's
doing. Nothing here holds a lock: a process may be killed at any moment.
"""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.context import BaseContext
from typing import Any


class Clock:
    """Shared by inheritance. `slots`: how many processes work by it."""

    def __init__(self, start: datetime, slots: int, context: BaseContext | None = None) -> None:
        shared: Any = context or multiprocessing
        self.start = start
        self.began = time.time()
        self.leapt = shared.RawValue("d", 0.0)
        self.halted = shared.RawValue("b", 0)
        self.busy = shared.RawArray("b", slots)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.time() - self.began + self.leapt.value)

    @contextmanager
    def work(self, slot: int) -> Iterator[None]:
        """While a process works, nobody leaps; it waits for a leap that is under way."""
        self.busy[slot] = 1
        while self.halted.value:
            self.busy[slot] = 0
            time.sleep(0.01)
            self.busy[slot] = 1
        try:
            yield
        finally:
            self.busy[slot] = 0

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Until the block ends, no process works. A killed one must have been `buried` before."""
        self.halted.value = 1
        try:
            while any(self.busy):
                time.sleep(0.01)
            yield
        finally:
            self.halted.value = 0

    def bury(self, slot: int) -> None:
        self.busy[slot] = 0

    def leap_to(self, moment: datetime) -> None:
        """Only inside `rest`; never back."""
        self.leapt.value += max(0.0, (moment - self.now()).total_seconds())
