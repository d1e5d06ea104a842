"""Proof under failure: processes sweep a PostgreSQL database, and are killed (kill -9) at random moments.

    python -m bench.kills --channels 5000 --kills 200

Every channel must be checked in the hour, none twice; each broken one has one incident and one mail, which a real
mail server got; each healed one has its incident closed. Prints the counts; exits with 1 when one of them is wrong.
Meta is a stand-in inside each process that takes its time. The clock goes as real time does, and leaps to the end of
a killed process's claim only while every process rests (leaps.py): a slow machine makes the run longer, and no lease
shorter. Checks are counted by a trigger in the database, mails by the server that got them.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import cast

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from bench import postmaster
from bench.leaps import Clock
from bench.postmaster import Postmaster
from bench.stage import account_of, broken_page, config_for, count_checks, fill
from config import Config
from tests import engines
from tests.people import NOON
from tests.rooms.scheduler.fake_meta import FakeMeta
from webapp.app import create_app
from webapp.channels.actions.notify import notify_due
from webapp.commands import upgrade
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.mail import actions as mail
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, Meta, Probe
from webapp.scheduler import actions
from webapp.scheduler.rules import LEASE

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(["webapp.app", "tests.rooms.scheduler.fake_meta"])
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """`latency`: seconds that a portion waits for Meta, `pause`: between two kills, `mail_pause`: for the mail server;
    each on average."""

    channels: int = 5000
    broken: float = 0.05
    healed: float = 0.02
    processes: int = 4
    kills: int = 200
    limit: int = 30
    latency: float = 0.5
    pause: float = 0.3
    mail_pause: float = 0.3

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
        return super()._findings(replace(probe, page_token=Secret(account_of(probe.page_token.reveal()))))


@dataclass(frozen=True)
class Stage:
    """What a run plays on."""

    plan: Plan
    config: Config
    app: Flask
    clock: Clock
    postmaster: Postmaster


def work(config: Config, plan: Plan, clock: Clock, slot: int) -> None:
    """A worker: sweeps, tells and sends until somebody kills it."""
    app = create_app(config)
    meta = cast(Meta, SlowMeta(plan.latency))
    while True:
        with app.app_context(), clock.work(slot):
            actions.sweep(meta, clock.now, limit=plan.limit)
            notify_due(clock.now())
            mail.send_due(app.extensions["mailer"], clock.now)
        time.sleep(0.02)


def run(stage: Stage) -> dict[str, int]:
    """Kill while the sweep lasts, let the last ones finish, and count."""
    plan, clock = stage.plan, stage.clock
    workers = [_started(stage, slot) for slot in range(plan.processes)]
    killed = under_way = leaps = 0
    try:
        while not (done := _is_done(stage)) or killed < plan.kills:
            if clock.now() > NOON + 0.8 * HOUR:
                break
            time.sleep(random.uniform(0, 2 * plan.pause))
            if killed < plan.kills:
                _kill(stage, workers, random.randrange(len(workers)))
                killed, under_way = killed + 1, under_way + (not done)
            if not done:
                leaps += _leap_if_idle(stage)
        _let_everybody_try_again(stage)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
    return {"kills": killed, "kills during the sweep": under_way, "leaps of the clock": leaps, **counts(stage)}


def _started(stage: Stage, slot: int) -> BaseProcess:
    worker = START.Process(target=work, args=(stage.config, stage.plan, stage.clock, slot), daemon=True)
    worker.start()
    return worker


def _kill(stage: Stage, workers: list[BaseProcess], slot: int) -> None:
    workers[slot].kill()
    workers[slot].join()
    stage.clock.bury(slot)
    workers[slot] = _started(stage, slot)


def _leap_if_idle(stage: Stage) -> bool:
    """When nothing is due, go to where something is: mostly to the end of a killed process's claim."""
    if _next_due(stage) <= stage.clock.now():
        return False
    with stage.clock.rest():
        due = _next_due(stage)
        stage.clock.leap_to(due)
    return due > NOON


def _let_everybody_try_again(stage: Stage) -> None:
    """Whoever would check or mail a second time has had its chance when every lease has ended."""
    with stage.clock.rest():
        stage.clock.leap_to(stage.clock.now() + LEASE + timedelta(minutes=1))
    time.sleep(1 + 2 * stage.plan.latency)
    with stage.clock.rest():
        pass


_NEXT_DUE = """SELECT min(at) FROM (
    SELECT min(next_check_at) AS at FROM channel WHERE checked_at < :noon
    UNION ALL SELECT min(notify_at) FROM incident WHERE closed_at IS NULL
    UNION ALL SELECT min(next_try_at) FROM outgoing_mail WHERE sent_at IS NULL AND unknown < 2) AS due"""


def _next_due(stage: Stage) -> datetime:
    with stage.app.app_context(), db.transaction() as session:
        found: datetime | None = session.scalar(text(_NEXT_DUE), {"noon": NOON})
        return found or NOON


def _is_done(stage: Stage) -> bool:
    """Whether everything that must happen has happened at least once."""
    found = counts(stage)
    return not any(found[name] for name in _MUST_HAPPEN)


_MUST_HAPPEN = ("never checked", "broken without incident", "broken without mail", "mails not sent")
_COUNTS = {
    "channels": "SELECT count(*) FROM channel",
    "checks": "SELECT count(*) FROM counted",
    "never checked": "SELECT count(*) FROM channel WHERE id NOT IN (SELECT channel_id FROM counted)",
    "checked twice": "SELECT count(*) FROM (SELECT 1 FROM counted GROUP BY channel_id HAVING count(*) > 1) AS twice",
    "broken": "SELECT count(*) FROM channel WHERE page_id LIKE '%9'",
    "broken without incident": """SELECT count(*) FROM channel WHERE page_id LIKE '%9' AND id NOT IN
        (SELECT channel_id FROM incident WHERE closed_at IS NULL)""",
    "broken with two incidents": """SELECT count(*) FROM (SELECT 1 FROM incident JOIN channel ON channel.id = channel_id
        WHERE page_id LIKE '%9' GROUP BY channel_id HAVING count(*) > 1) AS twice""",
    "broken without mail": """SELECT count(*) FROM channel WHERE page_id LIKE '%9' AND id NOT IN (SELECT channel_id
        FROM incident JOIN notice ON incident.id = incident_id JOIN outgoing_mail ON outgoing_mail.id = mail_id)""",
    "mails": "SELECT count(*) FROM outgoing_mail",
    "mails not sent": "SELECT count(*) FROM outgoing_mail WHERE sent_at IS NULL AND unknown < 2",
    "mails sent, unconfirmed": "SELECT count(*) FROM outgoing_mail WHERE sent_at IS NULL AND unknown >= 2",
    "healed": "SELECT count(*) FROM incident WHERE closed_by = 'sweep'",
    "healthy with incident": """SELECT count(*) FROM incident JOIN channel ON channel.id = channel_id
        WHERE closed_at IS NULL AND page_id NOT LIKE '%9'""",
}


def counts(stage: Stage) -> dict[str, int]:
    with stage.app.app_context(), db.transaction() as session:
        found = {name: session.scalar(text(query)) or 0 for name, query in _COUNTS.items()}
    kept = stage.postmaster.kept
    times = Counter(kept.values())
    more = sum(count for often, count in times.items() if often > 2)
    return found | {"mails received": len(kept), "mails received twice": times[2], "mails received more often": more}


def wrong(found: dict[str, int], plan: Plan) -> list[str]:
    """What the counts should have been, where they are not. A mail may come twice: its sender was killed after it was
    taken. It comes no third time, though that one be killed too; then nobody confirmed it, and the ledger says so."""
    expected = {
        "channels": plan.channels,
        "checks": plan.channels,
        "broken": plan.broken_count,
        "mails": plan.broken_count,
        "mails received": plan.broken_count,
        "mails received more often": 0,
        "healed": plan.healed_count,
    } | dict.fromkeys((name for name in _COUNTS if any(word in name for word in _NEVER)), 0)
    return [f"{name}: {found[name]}, not {value}" for name, value in expected.items() if found[name] != value]


_NEVER = ("without", "with ", "checked", "not sent")


def prove(plan: Plan, database_url: str) -> tuple[dict[str, int], list[str]]:
    """Counts, and what is wrong with them. The database must be empty and PostgreSQL's."""
    with postmaster.running(plan.mail_pause) as (kept, port):
        config = config_for(database_url, Fernet.generate_key().decode(), mail_port=port)
        app = create_app(config)
        try:
            upgrade(app.extensions["engine"])
            with app.app_context():
                fill(plan.channels, plan.broken_count, plan.healed_count)
                count_checks()
            found = run(Stage(plan, config, app, Clock(NOON, plan.processes, START), kept))
            return found, wrong(found, plan)
        finally:
            app.extensions["engine"].dispose()


def main() -> int:
    plan = Plan()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, kind in (("channels", int), ("processes", int), ("kills", int), ("limit", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(plan, name))
    for name in ("latency", "pause", "mail_pause"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(plan, name))
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
