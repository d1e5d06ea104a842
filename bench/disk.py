"""A slow disk and the embedded database: W10 and W11.

`slow`: every fsync takes 2 ms more, by a library that is compiled here with gcc and loaded before the C library.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.contest import NotAvailable, Receiver, running
from bench.postgres import KEY, Database, database, slow_disk
from bench.stage import config_for, fill
from bench.wrk import Results, Round, judged, ratio, report
from webapp.app import create_app
from webapp.commands import upgrade

if TYPE_CHECKING:
    from bench.receive import Bench

MOST = 250  # milliseconds that any request may wait


@dataclass(frozen=True)
class Spec:
    """`place` are environment variables that say where to store; `database`: its process, 0 where it has none."""

    name: str
    receiver: Receiver
    connections: int
    place: dict[str, str]
    rows: Callable[[], int]
    database: int = 0


def compare(bench: "Bench") -> int:
    """W10, W11: a disk with 2 ms a commit, and SQLite."""
    folder = bench.toolbox.folder
    results: dict[str, Results] = {}
    missing: dict[str, str] = {}
    late = slow_disk(folder)
    with database(folder / "late" / "data", late) as postgres:
        specs = [
            _on(bench.opened, "ours, 16", Receiver("ours"), 16, "delivery"),
            _in(folder, "SQLite, 16", Receiver("ours", 16, workers=1), 16, "delivery"),
            _in(folder, "SQLite, 4 proc, 64", Receiver("ours", 16, workers=4), 64, "delivery"),
            _on(postgres, "slow ours, 64", Receiver("ours", 32), 64, "delivery"),
            _on(postgres, "slow psycopg, 64", Receiver("psycopg", 32), 64, "peer_event"),
            _in(folder, "slow SQLite, 16", Receiver("ours", 16, workers=1), 16, "delivery", late),
            _in(folder, "slow insert, 16", Receiver("sqlite"), 16, "peer_event", late),
        ]
        for _ in range(bench.repeats):
            for spec in specs:
                if spec.name not in missing:
                    _measure(bench, spec, results, missing)
    return report(results, missing) + _verdict(results)


def _measure(bench: "Bench", spec: Spec, results: dict[str, Results], missing: dict[str, str]) -> None:
    found = results.setdefault(spec.name, Results())
    log = bench.toolbox.folder / f"{spec.receiver.name}.log"
    try:
        with running(bench.toolbox, spec.receiver, bench.settings | spec.place) as (port, pid):
            one = Round(spec.name.replace(" ", "-"), port, (pid, spec.database), spec.connections, rows=spec.rows)
            one.run(bench.seconds, found)
    except NotAvailable as reason:
        missing[spec.name] = str(reason)
    if "OperationalError" in log.read_text(errors="replace"):
        found.problems.append("the log says that something was not stored")


def _on(opened: Database, name: str, receiver: Receiver, connections: int, table: str) -> Spec:
    place = {"DATABASE_URL": opened.url} | opened.variables
    return Spec(name, receiver, connections, place, lambda: opened.rows(table), opened.pid)


def _in(folder: Path, name: str, receiver: Receiver, connections: int, table: str, more: dict[str, str] = {}) -> Spec:  # noqa: B006
    file = folder / f"{name.replace(' ', '-')}.sqlite3"
    _prepare(file)

    def rows() -> int:
        with closing(sqlite3.connect(file)) as line:
            return int(line.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    return Spec(name, receiver, connections, {"DATABASE_URL": f"sqlite:///{file}"} | more, rows)


def _prepare(file: Path) -> None:
    app = create_app(config_for(f"sqlite:///{file}", KEY))
    upgrade(app.extensions["engine"])
    with app.app_context():
        fill(1)
    app.extensions["engine"].dispose()
    with closing(sqlite3.connect(file)) as line:
        line.execute("CREATE TABLE peer_event (digest text PRIMARY KEY, body blob)")


def _verdict(results: dict[str, Results]) -> int:
    p99 = min(results["SQLite, 16"].p99, default=None)
    longest = max(results["SQLite, 4 proc, 64"].longest, default=None)
    return sum(
        judged(*one)
        for one in (
            ("W10 rate, slow, ours / psycopg", ratio(results, "rate", "slow ours, 64", "slow psycopg, 64"), ">= 2.5"),
            ("W10 p99, slow, ours / psycopg", ratio(results, "p99", "slow ours, 64", "slow psycopg, 64"), "<= 0.4"),
            ("W11 rate, SQLite / PostgreSQL", ratio(results, "rate", "SQLite, 16", "ours, 16"), ">= 1.0"),
            ("W11 p99 ms, SQLite", p99, "<= 10"),
            ("W11 longest ms, 4 processes writing", longest, f"<= {MOST}"),
            (
                "W11 rate, slow, SQLite / insert each",
                ratio(results, "rate", "slow SQLite, 16", "slow insert, 16"),
                ">= 3",
            ),
            (
                "W11 p99, slow, SQLite / insert each",
                ratio(results, "p99", "slow SQLite, 16", "slow insert, 16"),
                "<= 0.05",
            ),
        )
    )
