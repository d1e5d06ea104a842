"""Whether a sweep over faulty answers tells the truth: `python -m bench.exact --channels 10000`.

One channel in a hundred is broken, one answer in twenty fails for the moment. The sweep goes on until every channel
has its verdict. Prints and checks: no false alarm, none missed, one incident and one notice for each transition, one
mail for each workspace and moment in which something broke. One PostgreSQL on the same machine.
"""

import argparse
import random
import sys
from datetime import datetime, timedelta
from functools import partial

from cryptography.fernet import Fernet
from sqlalchemy import text

from bench import graph
from bench.stage import config_for, fill
from tests import engines
from tests.people import NOON
from webapp.app import create_app
from webapp.channels.actions.notify import notify_due
from webapp.commands import upgrade
from webapp.core import db
from webapp.meta.gateway import Meta
from webapp.scheduler import actions

BROKEN, FAULTS = 0.01, 0.05
_COUNTS = {
    "channels": "SELECT count(*) FROM channel",
    "without a verdict": "SELECT count(*) FROM channel WHERE verdict_at < :noon",
    "broken": "SELECT count(*) FROM channel WHERE page_id LIKE '%9'",
    "broken and missed": "SELECT count(*) FROM channel WHERE page_id LIKE '%9' AND status <> 'lost'",
    "false alarms": "SELECT count(*) FROM channel WHERE page_id NOT LIKE '%9' AND status <> 'connected'",
    "changes of state": "SELECT count(*) FROM status_change",
    "incidents": "SELECT count(*) FROM incident",
    "notices": "SELECT count(*) FROM notice",
    "mails": "SELECT count(*) FROM outgoing_mail",
    "mails for one workspace and moment": """SELECT count(DISTINCT (workspace_id, opened_at))
        FROM incident JOIN channel ON channel.id = channel_id""",
    "checks": "SELECT sum(checked) FROM round",
    "checks without verdict": "SELECT sum(no_verdict) FROM round",
    "HTTP requests": "SELECT sum(requests) FROM round",
}


def sweep_until_all_is_known(meta: Meta, began: datetime) -> int:
    """Returns how many rounds it took. What came to no verdict is due again after ten minutes."""
    for sweeps in range(1, 121):
        now = began + (sweeps - 1) * timedelta(minutes=1)
        actions.sweep(meta, partial(_at, now))
        notify_due(now + timedelta(seconds=30))
        if not counts()["without a verdict"]:
            return sweeps
    raise SystemExit("not every channel came to a verdict")


def _at(moment: datetime) -> datetime:
    return moment


def counts() -> dict[str, int]:
    with db.transaction() as session:
        return {name: int(session.scalar(text(query), {"noon": NOON}) or 0) for name, query in _COUNTS.items()}


def wrong(found: dict[str, int], broken: int) -> list[str]:
    expected = {
        "broken": broken,
        "broken and missed": 0,
        "false alarms": 0,
        "changes of state": broken,
        "incidents": broken,
        "notices": broken,
        "mails": found["mails for one workspace and moment"],
    }
    return [f"{name}: {found[name]}, not {value}" for name, value in expected.items() if found[name] != value]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--channels", type=int, default=10_000)
    channels: int = parser.parse_args().channels
    broken = round(channels * BROKEN)
    name = f"bench_exact_{random.randrange(10**6)}"
    with engines.fresh_database(engines.postgresql(), name) as url, graph.running(0.0, broken, FAULTS) as meta_url:
        app = create_app(config_for(url, Fernet.generate_key().decode(), meta_url))
        upgrade(app.extensions["engine"])
        with app.app_context():
            fill(channels, broken, per_grant=5)
            sweeps = sweep_until_all_is_known(app.extensions["meta"], NOON + timedelta(minutes=1))
            found = counts()
        app.extensions["engine"].dispose()
    for label, count in {"sweeps": sweeps, **found}.items():
        print(f"{label:36}{count:>8}")
    problems = wrong(found, broken)
    print("WRONG: " + "; ".join(problems) if problems else "No false alarm, none missed, everybody told once.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
