import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from flask import Flask

from webapp.scheduler import jobs

ROOT = Path(__file__).parents[3]


@pytest.fixture
def plain() -> Flask:
    return Flask("ticking")


def wait_for(event: threading.Event) -> bool:
    return event.wait(5)


def test_every_tick_is_answered_at_once_and_again(plain: Flask) -> None:
    calls, thrice = [], threading.Event()

    def tick() -> None:
        calls.append(1)
        if len(calls) >= 3:
            thrice.set()

    scheduler = jobs.start(plain, {"tick": (0.05, tick)})
    assert wait_for(thrice)
    scheduler.shutdown(wait=False)


def test_a_tick_that_is_hours_late_is_still_wanted_and_once(plain: Flask) -> None:
    scheduler = jobs.start(plain, {"tick": (60, lambda: None)})
    (job,) = scheduler.get_jobs()
    scheduler.shutdown(wait=False)
    assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (3600, True, 1)


HANGS = """
import threading, time
from flask import Flask
from webapp.scheduler import jobs
hanging = threading.Event()
jobs.start(Flask("hangs"), {"tick": (60, lambda: (hanging.set(), time.sleep(20)))})
assert hanging.wait(5)
"""


def test_a_hanging_tick_does_not_keep_the_process_alive() -> None:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", HANGS], check=True, timeout=15, cwd=ROOT)
    assert time.monotonic() - began < 12


def test_a_broken_tick_is_written_down_and_ticks_again(plain: Flask, caplog: pytest.LogCaptureFixture) -> None:
    twice = threading.Event()
    calls = []

    def tick() -> None:
        calls.append(1)
        if len(calls) >= 2:
            twice.set()
        raise LookupError("no such thing")

    scheduler = jobs.start(plain, {"channels.tell": (0.05, tick)})
    assert wait_for(twice)
    scheduler.shutdown(wait=False)
    assert "tick channels.tell broke" in caplog.text


def test_a_slow_tick_is_not_answered_twice_at_once(plain: Flask, caplog: pytest.LogCaptureFixture) -> None:
    running, most, enough = [], [], threading.Event()

    def tick() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.15)
        running.pop()
        if len(most) >= 3:
            enough.set()

    scheduler = jobs.start(plain, {"slow": (0.05, tick)})
    assert wait_for(enough)
    scheduler.shutdown(wait=False)
    assert max(most) == 1


def test_ticks_run_even_where_flask_debug_is_set(plain: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    ticked = threading.Event()
    scheduler = jobs.start(plain, {"tick": (60, ticked.set)})
    assert wait_for(ticked)
    scheduler.shutdown(wait=False)


def test_two_apps_tick_in_one_process(plain: Flask) -> None:
    one, other = threading.Event(), threading.Event()
    schedulers = [jobs.start(plain, {"tick": (60, one.set)}), jobs.start(Flask("second"), {"tick": (60, other.set)})]
    assert wait_for(one)
    assert wait_for(other)
    for scheduler in schedulers:
        scheduler.shutdown(wait=False)


def test_the_console_answers_the_bell_of_run_now(app: Flask) -> None:
    assert "scheduler.sweep" in app.extensions["bells"].handlers
    assert {"mail.send_due", "channels.tell", "scheduler.sweep"} <= set(app.extensions["ticks"])
