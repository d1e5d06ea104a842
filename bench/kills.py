"""Proof under failure: processes sweep a PostgreSQL database, and are killed (kill -9) at random moments.

    python -m bench.kills --channels 5000 --kills 200

Every channel must be checked in the hour, none twice; each broken one has one incident and one mail, each healed one
has its incident closed. Prints the counts; exits with 1 when one of them is wrong. Meta is a stand-in inside each
process that takes its time; the clock runs fast, so that the claims of killed processes come back in seconds.
Checks are counted by a trigger in the database, not by the program that is tested.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import cast

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from bench.stage import broken_page, config_for, count_checks, fill
from config import Config
from tests import engines
from tests.people import NOON
from tests.rooms.scheduler.fake_meta import FakeMeta
from webapp.app import create_app
from webapp.channels.actions.notify import notify_due
from webapp.commands import upgrade
from webapp.core import db
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, Meta, Probe
from webapp.scheduler import actions
from webapp.scheduler.rules import LEASE

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(["webapp.app", "tests.rooms.scheduler.fake_meta"])
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """`speed`: seconds of the clock in one real second. `latency`: real seconds that a portion waits for Meta."""

    channels: int = 5000
    broken: float = 0.05
    healed: float = 0.02
    processes: int = 4
    kills: int = 200
    limit: int = 30
    latency: float = 0.5
    speed: float = 20
    pause: float = 0.3

    @property
    def broken_count(self) -> int:
        return round(self.channels * self.broken)

    @property
    def healed_count(self) -> int:
        return round(self.channels * self.healed)


class SlowMeta(FakeMeta):
    """Waits as long as Meta does, and says of every broken channel that its password was changed."""

    def __init__(self, latency: float) -> None:
        super().__init__()
        self.latency = latency

    def check(self, probes: Sequence[Probe]) -> list[Findings]:
        time.sleep(random.uniform(0.2, 1.8) * self.latency)
        return super().check(probes)

    def _findings(self, probe: Probe) -> Findings:
        if broken_page(probe.page_id):
            error = GraphError(code=190, subcode=460)
            return Findings(error, error, error, error)
        return super()._findings(probe)


def clock(began: float, speed: float) -> Callable[[], datetime]:
    return lambda: NOON + timedelta(seconds=(time.time() - began) * speed)


def work(config: Config, plan: Plan, began: float) -> None:
    """A worker: sweeps and tells until somebody kills it."""
    app = create_app(config)
    meta, now = cast(Meta, SlowMeta(plan.latency)), clock(began, plan.speed)
    while True:
        with app.app_context():
            actions.sweep(meta, now, limit=plan.limit)
            notify_due(now())
        time.sleep(0.02)


def run(plan: Plan, config: Config, app: Flask) -> dict[str, int]:
    """Kill while the sweep lasts, let the last ones finish, and count."""
    began = time.time()
    now = clock(began, plan.speed)
    workers = [_started(config, plan, began) for _ in range(plan.processes)]
    killed = under_way = 0
    try:
        while killed < plan.kills and now() < NOON + 0.6 * HOUR:
            time.sleep(random.uniform(0, 2 * plan.pause))
            under_way += not _is_done(app, plan)
            victim = random.randrange(len(workers))
            workers[victim].kill()
            workers[victim].join()
            killed += 1
            workers[victim] = _started(config, plan, began)
        while not _is_done(app, plan) and now() < NOON + 0.95 * HOUR:
            time.sleep(0.2)
        # Whoever would check or mail a second time has had its chance when every lease has ended.
        ended = now() + LEASE + timedelta(minutes=1)
        while now() < min(ended, NOON + 0.99 * HOUR):
            time.sleep(0.2)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
    return {"kills": killed, "kills during the sweep": under_way, **counts(app, plan)}


def _started(config: Config, plan: Plan, began: float) -> BaseProcess:
    worker = START.Process(target=work, args=(config, plan, began), daemon=True)
    worker.start()
    return worker


def _is_done(app: Flask, plan: Plan) -> bool:
    """Whether everything that must happen has happened at least once."""
    found = counts(app, plan)
    return not any(found[name] for name in ("never checked", "broken without incident", "broken without mail"))


_COUNTS = {
    "channels": "SELECT count(*) FROM channel",
    "checks": "SELECT count(*) FROM counted",
    "never checked": "SELECT count(*) FROM channel WHERE id NOT IN (SELECT channel_id FROM counted)",
    "checked twice": "SELECT count(*) FROM (SELECT 1 FROM counted GROUP BY channel_id HAVING count(*) > 1) AS twice",
    "broken": "SELECT count(*) FROM channel WHERE page_id LIKE '9%'",
    "broken without incident": """SELECT count(*) FROM channel WHERE page_id LIKE '9%' AND id NOT IN
        (SELECT channel_id FROM incident WHERE closed_at IS NULL)""",
    "broken with two incidents": """SELECT count(*) FROM (SELECT 1 FROM incident JOIN channel ON channel.id = channel_id
        WHERE page_id LIKE '9%' GROUP BY channel_id HAVING count(*) > 1) AS twice""",
    "broken without mail": """SELECT count(*) FROM channel WHERE page_id LIKE '9%' AND id NOT IN (SELECT channel_id
        FROM incident JOIN notice ON incident.id = incident_id JOIN outgoing_mail ON outgoing_mail.id = mail_id)""",
    "mails": "SELECT count(*) FROM outgoing_mail",
    "healed": "SELECT count(*) FROM incident WHERE closed_by = 'sweep'",
    "healthy with incident": """SELECT count(*) FROM incident JOIN channel ON channel.id = channel_id
        WHERE closed_at IS NULL AND page_id NOT LIKE '9%'""",
}


def counts(app: Flask, plan: Plan) -> dict[str, int]:
    with app.app_context(), db.transaction() as session:
        return {name: session.scalar(text(query)) or 0 for name, query in _COUNTS.items()}


def wrong(found: dict[str, int], plan: Plan) -> list[str]:
    """What the counts should have been, where they are not."""
    expected = {
        "channels": plan.channels,
        "checks": plan.channels,
        "broken": plan.broken_count,
        "mails": plan.broken_count,
        "healed": plan.healed_count,
    } | dict.fromkeys((name for name in _COUNTS if "without" in name or "with " in name or "checked" in name), 0)
    return [f"{name}: {found[name]}, not {value}" for name, value in expected.items() if found[name] != value]


def prove(plan: Plan, database_url: str) -> tuple[dict[str, int], list[str]]:
    """Counts, and what is wrong with them. The database must be empty and PostgreSQL's."""
    config = config_for(database_url, Fernet.generate_key().decode())
    app = create_app(config)
    try:
        upgrade(app.extensions["engine"])
        with app.app_context():
            fill(plan.channels, plan.broken_count, plan.healed_count)
            count_checks()
        found = run(plan, config, app)
        return found, wrong(found, plan)
    finally:
        app.extensions["engine"].dispose()


def main() -> int:
    plan = Plan()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, kind in (("channels", int), ("processes", int), ("kills", int), ("limit", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(plan, name))
    for name in ("latency", "speed", "pause"):
        parser.add_argument(f"--{name}", type=float, default=getattr(plan, name))
    plan = Plan(**vars(parser.parse_args()))
    began = time.monotonic()
    with engines.fresh_database(engines.postgresql(), f"bench_kills_{random.randrange(10**6)}") as url:
        found, problems = prove(plan, url)
    for name, count in found.items():
        print(f"{name:28}{count:>8}")
    print(f"{'seconds':28}{time.monotonic() - began:>8.0f}")
    print(
        "WRONG: " + "; ".join(problems)
        if problems
        else "Each channel once, one incident and one mail each: as it must be."
    )
    return bool(problems)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
