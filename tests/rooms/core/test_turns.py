"""Many write into one SQLite file: each in its turn, none for seconds, and nobody is told that it is locked."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from webapp.core.db import make_engine
from webapp.core.turns import WaitsForItself

HOLDER = """
import sys
from sqlalchemy import text
from webapp.core.db import make_engine
with make_engine(sys.argv[1]).connect().execution_options(writes=True) as connection:
    connection.execute(text("INSERT INTO thing VALUES (0)"))
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/turns.sqlite3"


@pytest.fixture
def engine(url: str) -> Engine:
    made = make_engine(url)
    with made.connect() as connection:
        connection.execute(text("CREATE TABLE thing (id INTEGER)"))
        connection.commit()
    return made


def write(engine: Engine) -> float:
    """Seconds until a row was in."""
    began = time.monotonic()
    with engine.connect().execution_options(writes=True) as connection:
        connection.execute(text("INSERT INTO thing VALUES (1)"))
        connection.commit()
    return time.monotonic() - began


def test_who_has_just_written_lets_the_others_write_first(engine: Engine) -> None:
    counts = dict.fromkeys(range(4), 0)
    until = time.monotonic() + 0.5

    def work(number: int) -> None:
        while time.monotonic() < until:
            write(engine)
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    # Without turns one of them writes all the time, and the others hardly once.
    assert min(counts.values()) * 20 > max(counts.values()), counts


def test_a_killed_writer_gives_its_turn_back(engine: Engine, url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert holder.stdout
    assert holder.stdin
    assert holder.stdout.readline() == b"writing\n"
    waits: list[float] = []
    waiting = threading.Thread(target=lambda: waits.append(write(engine)))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    os.kill(holder.pid, signal.SIGKILL)
    waiting.join(5)
    holder.stdin.close()
    holder.stdout.close()
    holder.wait()
    engine.dispose()
    assert len(waits) == 1


def test_readers_never_wait(engine: Engine) -> None:
    with engine.connect().execution_options(writes=True) as writer:
        writer.execute(text("INSERT INTO thing VALUES (1)"))
        with engine.connect() as reader:
            assert reader.execute(text("SELECT count(*) FROM thing")).scalar() == 0
        writer.rollback()
    engine.dispose()


def test_whoever_would_wait_for_themselves_is_told_instead(engine: Engine) -> None:
    with (
        engine.connect().execution_options(writes=True) as first,
        engine.connect().execution_options(writes=True) as second,
    ):
        first.begin()
        with pytest.raises(WaitsForItself):
            second.begin()
    assert write(engine) < 1
    engine.dispose()


def test_what_was_written_outlives_a_loss_of_power(engine: Engine) -> None:
    """2 is FULL; the tests' own console runs without, see tests/conftest.py."""
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
