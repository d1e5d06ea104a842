"""Any course of events, brought one to five times in any order and portions, to several workers: R4.

    python -m bench.order --steps 100000

A model of the inbox that is too simple to be wrong is compared after each round: each message once, in the right order,
with its last words and reaction, and the right number unread. Runs on SQLite and PostgreSQL; exit code 1 with the
seed of the course that goes wrong.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from bench.stage import config_for
from tests import engines
from tests.people import make_channel, settle
from tests.rooms.webhooks.model import Course
from webapp.app import create_app
from webapp.commands import upgrade
from webapp.core import clock, db
from webapp.webhooks import actions

STEPS = 40  # of a course


@contextmanager
def house(url: str) -> Iterator[Flask]:
    app = create_app(config_for(url, Fernet.generate_key().decode()))
    upgrade(app.extensions["engine"])
    with app.app_context():
        people = settle()
        make_channel(people.aurora, people.alice)
        yield app
    app.extensions["engine"].dispose()


def crew(app: Flask, workers: ThreadPoolExecutor, size: int) -> Callable[[], None]:
    """Several hands at the same deliveries, a few at a time, until nothing is left."""

    def work(_number: int) -> None:
        with app.app_context():
            while actions.handle_some(now=clock.now(), limit=random.randint(1, 20)):
                pass

    def drain() -> None:
        db.leave()
        list(workers.map(work, range(size)))

    return drain


def prove(url: str, steps: int, size: int) -> dict[str, int]:
    """Raises AssertionError with the seed of the course that goes wrong."""
    with house(url) as app, ThreadPoolExecutor(size) as workers:
        drain = crew(app, workers, size)
        for _ in range(0, steps, STEPS):
            Course(random.randrange(2**32), drain).run(STEPS)
        return {
            name: db.session().scalar(text(f"SELECT count(*) FROM {name}")) or 0
            for name in ("delivery", "message", "conversation")
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, engines.fresh_database(engines.postgresql(), "bench_order") as url:
        for name, where in (("SQLite", f"sqlite:///{folder}/order.sqlite3"), ("PostgreSQL", url)):
            began = time.monotonic()
            found = prove(where, given.steps, given.workers)
            print(f"{name}: {given.steps:,} steps agree with the model; {found}; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
