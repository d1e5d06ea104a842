"""What a sweep costs: `python -m bench.sweep --channels 10000 100000`.

A stand-in for Meta answers each HTTP request after 150 ms. Prints HTTP requests against the fewest possible (four
questions a channel, fifty in a request), wall time against the floor that the latency sets at the same concurrency,
CPU-seconds and peak memory of the sweeping process alone, and database statements a channel; beside it the naive
loop: one requests.get of debug_token a channel, measured on some and reckoned up. One PostgreSQL on the same machine.
"""

import argparse
import math
import multiprocessing
import os
import random
import resource
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection

import requests
from cryptography.fernet import Fernet
from sqlalchemy import event, func, select

from bench import graph
from bench.stage import config_for, fill
from config import Config
from tests import engines
from tests.people import NOON
from webapp import background
from webapp.app import create_app
from webapp.channels.actions.ask import THREADS
from webapp.channels.models import Channel, Incident
from webapp.commands import upgrade
from webapp.core import db
from webapp.scheduler import actions
from webapp.scheduler.models import Round

SPAWN = multiprocessing.get_context("spawn")
QUESTIONS, PER_REQUEST = 4, 50
LATENCY = 0.150
BROKEN = 0.01
NAIVE = 40


@dataclass(frozen=True)
class Cost:
    """Of one run: real and CPU seconds, kibibytes before and at the peak, statements, and what was found."""

    wall: float
    cpu: float
    memory_before: int
    memory: int
    statements: int
    checked: int
    lost: int
    requests: int
    incidents: int
    missed: int


def measure(config: Config, answer: Connection) -> None:
    """In a process of its own: one whole sweep."""
    app = create_app(config)
    background.settle()
    statements = [0]

    @event.listens_for(app.extensions["engine"], "before_cursor_execute")
    def count(*rest: object) -> None:
        statements[0] += 1

    began, before, wall = NOON + timedelta(minutes=1), resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    with app.app_context():
        while _due(began):
            actions.sweep(app.extensions["meta"], lambda: began)
    wall, after = time.monotonic() - wall, resource.getrusage(resource.RUSAGE_SELF)
    swept = statements[0]
    with app.app_context():
        total = (
            db.session().execute(select(func.sum(Round.checked), func.sum(Round.lost), func.sum(Round.requests))).one()
        )
        incidents = db.session().scalar(select(func.count()).select_from(Incident)) or 0
        missed = db.session().scalar(select(func.count()).where(Channel.checked_at != began)) or 0
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    answer.send(Cost(wall, cpu, before.ru_maxrss, after.ru_maxrss, swept, *total, incidents, missed))


def _due(now: object) -> bool:
    return bool(db.session().scalar(select(Channel.id).where(Channel.next_check_at <= now).limit(1)))


def naive(url: str, count: int) -> tuple[float, float]:
    """Real and CPU seconds a channel of the loop that others have."""
    wall, cpu = time.monotonic(), time.process_time()
    for number in range(1, count + 1):
        params = {"input_token": f"1784{number:09d}", "access_token": "app|secret"}
        assert "is_valid" in requests.get(f"{url}/v25.0/debug_token", params=params, timeout=10).json()["data"]
    return (time.monotonic() - wall) / count, (time.process_time() - cpu) / count


def sweep(channels: int, broken: int, latency: float) -> Cost:
    name = f"bench_sweep_{os.getpid()}_{random.randrange(10**6)}"
    with engines.fresh_database(engines.postgresql(), name) as database, graph.running(latency, broken) as url:
        config = config_for(database, Fernet.generate_key().decode(), url)
        app = create_app(config)
        upgrade(app.extensions["engine"])
        with app.app_context():
            fill(channels, broken, per_grant=5)
        app.extensions["engine"].dispose()
        ours, theirs = SPAWN.Pipe()
        child = SPAWN.Process(target=measure, args=(config, theirs))
        child.start()
        theirs.close()
        cost: Cost = ours.recv()
        child.join()
        counted = requests.get(f"{url}/counts", timeout=10).json()
        assert counted["requests"] == cost.requests, (counted, cost.requests)
        report(channels, broken, latency, cost, naive(url, NAIVE))
    return cost


def report(channels: int, broken: int, latency: float, cost: Cost, loop: tuple[float, float]) -> None:
    fewest = math.ceil(QUESTIONS * channels / PER_REQUEST)
    floor = cost.requests * latency / THREADS
    lines = [
        ("channels, of logins", f"{channels}, {channels // 5}"),
        ("HTTP requests, fewest possible", f"{cost.requests}, {fewest} ({cost.requests / fewest:.3f})"),
        ("wall seconds, floor", f"{cost.wall:.1f}, {floor:.1f} ({cost.wall / floor:.2f})"),
        ("CPU seconds, per 100,000 questions, channels", _computing(cost, channels)),
        ("CPU a question against the naive loop's", f"1/{loop[1] / (cost.cpu / channels / QUESTIONS):.0f}"),
        ("memory MiB before, at the peak", f"{cost.memory_before / 1024:.0f}, {cost.memory / 1024:.0f}"),
        ("statements, a channel, per 50", _statements(cost, channels)),
        ("checked, missed", f"{cost.checked}, {cost.missed}"),
        ("lost, broken, incidents", f"{cost.lost}, {broken}, {cost.incidents}"),
        ("naive loop: wall, CPU seconds (reckoned)", f"{loop[0] * channels:.0f}, {loop[1] * channels:.0f}"),
    ]
    for label, value in lines:
        print(f"{label:48}{value}", flush=True)
    print(flush=True)


def _computing(cost: Cost, channels: int) -> str:
    a_channel = cost.cpu / channels * 1e5
    return f"{cost.cpu:.1f}, {a_channel / QUESTIONS:.1f}, {a_channel:.1f}"


def _statements(cost: Cost, channels: int) -> str:
    return f"{cost.statements}, {cost.statements / channels:.4f}, {50 * cost.statements / channels:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--channels", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--broken", type=float, default=BROKEN, help="share of channels whose password was changed")
    parser.add_argument("--latency", type=float, default=LATENCY, help="seconds before Meta answers")
    load = os.getloadavg()[0]
    print(
        f"load before the start: {load:.2f}{' - others are at work here, times are too long' if load > 0.5 else ''}\n"
    )
    given = parser.parse_args()
    costs = [sweep(channels, round(channels * given.broken), given.latency) for channels in given.channels]
    return int(any(cost.missed or cost.lost != cost.incidents for cost in costs))


if __name__ == "__main__":
    sys.exit(main())
