"""What handling costs, against receiving it and against handling one by one: W12 and D1."""

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask

from bench.contest import Receiver, cpu_seconds, running
from bench.postgres import KEY, Database
from bench.stage import config_for
from bench.wrk import Results, Round, judged
from tests.rooms.webhooks.wire import entry, event
from webapp import background
from webapp.app import create_app
from webapp.core import clock
from webapp.webhooks import actions

if TYPE_CHECKING:
    from bench.receive import Bench

ENTRIES, LARGE, SMALL, ALONE, CUSTOMERS, ACCOUNTS = 1_000, 5, 4_000, 300, 500, 300


@dataclass(frozen=True)
class Cost:
    """Events a second, and CPU µs an event: of this process and of PostgreSQL."""

    rate: float
    ours: float
    database: float


def compare(bench: "Bench") -> int:
    """W12, D1: handling against receiving."""
    app = create_app(config_for(bench.opened.url, KEY))
    background.settle()  # as everybody does who works in the background
    with app.app_context():
        bench.opened.run("TRUNCATE delivery, conversation, contact, early_event, message CASCADE")
        for accounts in (1, ACCOUNTS):  # with as many customers as there will be: nobody is new
            _store(app, [[number] for number in range(3 * CUSTOMERS)], f"warm-{accounts}", accounts)
            _drain(bench.opened, 3 * CUSTOMERS, 100)
        runs = [_run(app, bench.opened, f"{repeat}") for repeat in range(bench.repeats)]
    app.extensions["engine"].dispose()
    received = Results()
    with running(bench.toolbox, Receiver("ours"), bench.settings) as (port, pid):
        one = Round("ours-16", port, (pid, bench.opened.pid), 16, rows=lambda: bench.opened.rows("delivery"))
        one.run(bench.seconds, received)
    bench.opened.run("TRUNCATE delivery CASCADE")
    return _report(runs, received)


def _run(app: Flask, opened: Database, name: str) -> tuple[Cost, Cost, Cost, Cost]:
    """Deliveries of a thousand entries, received and handled; of one entry, of one account and of many; and one by
    one."""
    began = [time.process_time(), cpu_seconds(opened.pid), time.perf_counter()]
    _store(app, [list(range(start, start + ENTRIES)) for start in range(0, LARGE * ENTRIES, ENTRIES)], f"large-{name}")
    large = _cost(opened, began, LARGE * ENTRIES, actions.AT_ONCE)
    _store(app, [[number] for number in range(SMALL)], f"small-{name}")
    small = _drain(opened, SMALL, actions.AT_ONCE)
    _store(app, [[number] for number in range(SMALL)], f"many-{name}", ACCOUNTS)
    many = _drain(opened, SMALL, actions.AT_ONCE)
    _store(app, [[number] for number in range(ALONE)], f"alone-{name}")
    return large, small, many, _drain(opened, ALONE, 1)


def _drain(opened: Database, events: int, at_once: int) -> Cost:
    return _cost(opened, [time.process_time(), cpu_seconds(opened.pid), time.perf_counter()], events, at_once)


def _cost(opened: Database, began: list[float], events: int, at_once: int) -> Cost:
    before = opened.rows("message")
    while actions.handle_some(now=clock.now(), limit=at_once):
        pass
    spent = [time.process_time(), cpu_seconds(opened.pid), time.perf_counter()]
    ours, database, wall = (one - other for one, other in zip(spent, began, strict=True))
    assert opened.rows("message") - before == events
    return Cost(events / wall, ours / events * 1e6, database / events * 1e6)


def _store(app: Flask, deliveries: list[list[int]], name: str, accounts: int = 1) -> None:
    for numbers in deliveries:
        body = json.dumps({"object": "instagram", "entry": [_entry(number, name, accounts) for number in numbers]})
        app.extensions["writer"].store(body.encode(), now=clock.now())


def _entry(number: int, name: str, accounts: int) -> dict[str, Any]:
    """Of an account of the stage, each later than the last."""
    account, at = f"1784{number % accounts + 1:09d}", int(time.time() * 1000)
    told = event(message={"mid": f"{name}-{number}", "text": f"words of {number}"}) | {"timestamp": at}
    return entry(told | {"sender": {"id": f"5614{number % CUSTOMERS}"}, "recipient": {"id": account}}, account=account)


def _report(runs: list[tuple[Cost, Cost, Cost, Cost]], received: Results) -> int:
    print(f"\n{'handled':34}{'events/s':>10}{'CPU µs':>9}{'PG µs':>8}")
    single = f"one entry each, {actions.AT_ONCE} at once"
    labels = (f"{ENTRIES} entries each, with receiving", single, f"the same of {ACCOUNTS} accounts", "one by one")
    middle = [sorted(costs, key=lambda cost: cost.rate)[len(costs) // 2] for costs in zip(*runs, strict=True)]
    for label, cost in zip(labels, middle, strict=True):
        print(f"{label:34}{cost.rate:10.0f}{cost.ours:9.0f}{cost.database:8.0f}")
    print(
        f"{'received, 16 connections':34}{received.rate[0]:10.0f}{received.server[0]:9.0f}{received.database[0]:8.0f}"
    )
    for problem in received.problems:
        print(f"  DOES NOT COUNT: {problem}")
    print()
    large, small, _many, alone = middle
    bad = judged("W12 CPU µs an entry, receive and drain", large.ours, "<= 60") + len(received.problems)
    bad += judged("D1 rate, drain / receive", small.rate / received.rate[0], ">= 2")
    return bad + judged("D1 rate, drain / one by one", small.rate / alone.rate, ">= 15")
