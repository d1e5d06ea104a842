"""One line per step with its seconds; on a terminal the line moves while the step runs."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.launcher.sentences import Label

WIDEST = 100


class Step:
    """A running step; `tell` says what it is at, and is silent where the output is not a terminal."""

    def __init__(self, label: Label) -> None:
        self.label = label.value
        self.started = time.monotonic()
        self._moving = sys.stdout.isatty()
        if self._moving:
            self._line("…", "")
        else:
            print(f"… {self.label}", flush=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def tell(self, now: str) -> None:
        if self._moving:
            self._line("…", f"{now}  {self.seconds:.0f} s")

    def finish(self, mark: str) -> None:
        if self._moving:
            self._line(mark, f"{self.seconds:.1f} s")
            print(flush=True)
        else:
            print(f"{mark} {self.label}  {self.seconds:.1f} s", flush=True)

    def _line(self, mark: str, rest: str) -> None:
        # Erase to the end of the line: what stood there may have been longer.
        sys.stdout.write(f"\r{mark} {self.label}  {rest[:WIDEST]}\x1b[K")
        sys.stdout.flush()


@contextmanager
def step(label: Label) -> Iterator[Step]:
    running = Step(label)
    try:
        yield running
    except BaseException:
        running.finish("✗")
        raise
    running.finish("✓")
