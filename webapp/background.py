"""What runs beside the requests: threads that answer bells, and the ticks."""

import atexit
import gc
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from huey.consumer import Consumer

from webapp.core.work import Bells
from webapp.scheduler import jobs
from webapp.webhooks.drain import Drain

# How long a thread may go on with what it has begun; afterwards its rows come back when their leases end.
GRACE_SECONDS = 1.0
# Objects that may come into being, more than have gone away, before the garbage collector looks at them.
LOOK_EVERY = 20_000
# By so much a worker stands back for whoever answers people and Meta on the same machine. By ten it stood still for
# seconds where others kept every processor busy, and messages came late.
NICENESS = 5


@dataclass(frozen=True)
class Background:
    consumer: Consumer | None
    scheduler: BackgroundScheduler
    drain: Drain

    def stop(self) -> None:
        """Take nothing new, wait a moment for what is under way. May be called twice."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)
        self.drain.stop(GRACE_SECONDS)
        if self.consumer is None:
            return
        self.consumer.stop_flag.set()
        threads = [thread for _worker, thread in self.consumer.worker_threads]
        for thread in threads:
            thread.join(GRACE_SECONDS / len(threads))


def settle() -> None:
    """What stands by now lives as long as the process: the garbage collector need not walk through all of it again
    for every few thousand answers of a sweep, which was a fifth of a sweep's computing time; and while it walks nobody
    is answered, for a tenth of a second.

    Nor need it look at every answer while that is being read: hardly anything here refers back to itself, and what is
    done with goes away without it.
    """
    gc.freeze()
    gc.set_threshold(LOOK_EVERY)
    gc.enable()


def start(app: Flask) -> Background:
    """Start the threads in this process. They are daemons: the server ends when it wants to, by its own signals."""
    bells: Bells = app.extensions["bells"]
    drain: Drain = app.extensions["drain"]
    drain.start()
    running = Background(bells.start(), jobs.start(app, app.extensions["ticks"]), drain)
    atexit.register(running.stop)
    return running


def stand_back() -> None:
    """Before threads are begun: each has its own niceness, and a new one takes over that of who begins it.

    Linux may share the processors among sessions first, and niceness counts only inside one. A service has a session
    of its own, whose niceness stands here (sched(7), "The autogroup feature").
    """
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(f"{NICENESS}")


def worker() -> None:
    """Work until told to stop: for consoles with WORKER=separate."""
    stand_back()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    running = start(app)
    ended.wait()
    running.stop()
