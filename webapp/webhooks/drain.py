"""The thread that handles what the door has stored: woken by the door of its own process, else by looking often."""

import logging
import time
from threading import Event, Thread

from flask import Flask

from webapp.core import clock
from webapp.webhooks import actions

log = logging.getLogger("webapp.webhooks")

# Another process may have stored something: one index look-up.
LOOKS_EVERY = 0.1
# A portion of one delivery costs as much as fifty more in it: what comes in this time is handled together. Otherwise a
# steady flow would be taken one by one, and whoever brings it would wait for the processor.
PORTION_EVERY = 0.1
PAUSE_AFTER_ERROR = 1.0


class Drain:
    """One in each process that works in the background; the rows decide which of them takes what."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._woken, self._ended = Event(), Event()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """There is something to handle. Does nothing where no drain runs."""
        self._woken.set()

    def start(self) -> None:
        self._thread = Thread(target=self._work, name="webhooks.drain", daemon=True)
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Take nothing new; wait so many seconds for what is under way."""
        self._ended.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(patience)

    def _work(self) -> None:
        while not self._ended.is_set():
            self._woken.wait(LOOKS_EVERY)
            self._woken.clear()
            try:
                self._empty()
            except Exception:
                log.exception("drain broke")
                self._ended.wait(PAUSE_AFTER_ERROR)

    def _empty(self) -> None:
        more = True
        while more and not self._ended.is_set():
            began = time.monotonic()
            with self._app.app_context():
                more = actions.handle_some(now=clock.now())
            if more:
                self._ended.wait(began + PORTION_EVERY - time.monotonic())
