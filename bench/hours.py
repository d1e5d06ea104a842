"""Two whole rounds of the sweep, an hour apart, in a program that holds nothing but the console.

`bench.sweep` starts it with the console's settings in the environment, and reads what it prints.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import event, func, select

from config import Config
from tests.people import NOON
from webapp import background
from webapp.app import create_app
from webapp.channels.models import Channel, Incident
from webapp.core import db
from webapp.scheduler import actions
from webapp.scheduler.models import Round


@dataclass(frozen=True)
class Hour:
    """Of one round: real and CPU seconds, statements, and what was counted."""

    wall: float
    cpu: float
    statements: int
    checked: int
    lost: int
    requests: int
    incidents: int
    missed: int


@dataclass(frozen=True)
class Cost:
    """Mebibytes of the process before the first round and at its peak, and the two rounds."""

    before: float
    peak: float
    hours: tuple[Hour, Hour]

    @classmethod
    def read(cls, text: str) -> "Cost":
        told = json.loads(text)
        first, second = (Hour(**hour) for hour in told["hours"])
        return cls(told["before"], told["peak"], (first, second))


def main() -> None:
    app = create_app(Config.from_env(os.environ))
    background.settle()
    before = _mebibytes("VmRSS")
    began = NOON + timedelta(minutes=1)
    hours = (one_hour(app, began), one_hour(app, began + timedelta(hours=1, minutes=1)))
    print(json.dumps(asdict(Cost(before, _mebibytes("VmHWM"), hours))))


def one_hour(app: Flask, now: datetime) -> Hour:
    statements = [0]

    def count(*rest: object) -> None:
        statements[0] += 1

    event.listen(app.extensions["engine"], "before_cursor_execute", count)
    with app.app_context():
        known = _totals()
        wall, cpu = time.monotonic(), time.process_time()
        while _due(now):
            actions.sweep(app.extensions["meta"], lambda: now)
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        event.remove(app.extensions["engine"], "before_cursor_execute", count)
        new = [after - earlier for after, earlier in zip(_totals(), known, strict=True)]
        missed = db.session().scalar(select(func.count()).where(Channel.checked_at != now)) or 0
        return Hour(wall, cpu, statements[0], *new, missed)


def _totals() -> list[int]:
    sums = [func.coalesce(func.sum(one), 0) for one in (Round.checked, Round.lost, Round.requests)]
    incidents = db.session().scalar(select(func.count()).select_from(Incident)) or 0
    return [*map(int, db.session().execute(select(*sums)).one()), incidents]


def _mebibytes(what: str) -> float:
    """Of this program. `ru_maxrss` would count what the program that started it was once."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what)) / 1024


def _due(now: datetime) -> bool:
    return bool(db.session().scalar(select(Channel.id).where(Channel.next_check_at <= now).limit(1)))


if __name__ == "__main__":
    main()
