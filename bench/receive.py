"""What a durable delivery costs, side by side with the receivers of others: W1 to W12, D1 and D2.

    python -m bench.receive                 everything: some 25 minutes
    python -m bench.receive --quick         everything, once and short: some 5 minutes, for no claim
    python -m bench.receive --tables disk   some of: contest, rate, disk, drain

All in one run and in turn (A, B, C, A, B, C, …), medians; load by wrk with a body and a signature of its own for each
request, two server processes each, one PostgreSQL with fsync on. A result counts only when no answer was other than 2xx
(for forgeries: when every one was 403) and when the rows are as many as the answers, and those under way at the end.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import disk, drain, openloop
from bench.contest import NotAvailable, Receiver, Toolbox, running
from bench.postgres import KEY, Database, database
from bench.stage import settings_for
from bench.wrk import Results, Round, judged, ratio, report


@dataclass(frozen=True)
class Spec:
    """`table` is where its rows are, empty when it stores nothing. `mode`: new, same or forged bodies."""

    name: str
    receiver: Receiver
    connections: int = 16
    table: str = ""
    mode: str = "new"


SPECS = (
    Spec("ours-16", Receiver("ours"), table="delivery"),
    Spec("ours-64", Receiver("ours", 32), 64, "delivery"),
    Spec("ours-same-16", Receiver("ours"), mode="same"),
    Spec("ours-forged-16", Receiver("ours"), mode="forged"),
    Spec("flask-hmac-16", Receiver("hmac")),
    Spec("flask-psycopg-16", Receiver("psycopg"), table="peer_event"),
    Spec("flask-core-16", Receiver("core"), table="peer_event"),
    Spec("flask-core-64", Receiver("core", 32), 64, "peer_event"),
    Spec("fastify-pg-16", Receiver("fastify"), table="peer_event"),
    Spec("fastify-pg-64", Receiver("fastify"), 64, "peer_event"),
    Spec("express-pg-16", Receiver("express"), table="peer_event"),
    Spec("bottender-16", Receiver("bottender")),
    Spec("botkit-16", Receiver("botkit")),
    Spec("fbmessenger-16", Receiver("fbmessenger")),
    Spec("fbmq-16", Receiver("fbmq")),
)

# What, of which figure, whose, against whose, and the goal.
GOALS = (
    ("W1 rate, 64", "rate", "ours-64", "pgbench", ">= 0.70"),
    ("W1 rate, 16", "rate", "ours-16", "pgbench", ">= 0.45"),
    ("W2 rate, 64", "rate", "ours-64", "fastify-pg-64", ">= 1.5"),
    ("W2 rate, 16", "rate", "ours-16", "fastify-pg-16", ">= 1.1"),
    ("W2 p99, 64", "p99", "ours-64", "fastify-pg-64", "<= 0.6"),
    ("W2 p99, 16", "p99", "ours-16", "fastify-pg-16", "<= 0.6"),
    ("W3 rate, bottender", "rate", "ours-16", "bottender-16", ">= 1.5"),
    ("W3 rate, botkit", "rate", "ours-16", "botkit-16", ">= 1.5"),
    ("W3 rate, fbmessenger", "rate", "ours-16", "fbmessenger-16", ">= 1.5"),
    ("W3 rate, fbmq", "rate", "ours-16", "fbmq-16", ">= 1.5"),
    ("W3 rate, bare Flask", "rate", "ours-16", "flask-hmac-16", ">= 1.5"),
    ("W4 rate, 16", "rate", "ours-16", "flask-core-16", ">= 4"),
    ("W4 rate, 64", "rate", "ours-64", "flask-core-64", ">= 8"),
    ("W5 CPU, 16", "cpu", "ours-16", "flask-core-16", "<= 0.30"),
    ("W5 CPU, 64", "cpu", "ours-64", "flask-core-64", "<= 0.20"),
    ("W8 rate, forged", "rate", "ours-forged-16", "ours-16", ">= 4"),
    ("W9 rate, duplicates", "rate", "ours-same-16", "ours-16", ">= 1.0"),
)


@dataclass(frozen=True)
class Bench:
    """What all tables need. `settings` are environment variables of a console on `opened`."""

    toolbox: Toolbox
    opened: Database
    repeats: int
    seconds: float
    is_quick: bool
    only: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, str]:
        return settings_for(self.opened.url, KEY) | {"LOG_LEVEL": "INFO"} | self.opened.variables


def contest(bench: Bench) -> int:
    """W1 to W5, W8, W9."""
    results: dict[str, Results] = {}
    missing: dict[str, str] = {}
    for repeat in range(bench.repeats):
        _ceiling(bench, results, missing)
        for spec in SPECS:
            if spec.name not in missing and (not bench.only or spec.name in bench.only):
                _measure(bench, spec, results, missing)
        print(f"repeat {repeat + 1} of {bench.repeats} done", flush=True)
    bad = report(results, missing)
    return bad + sum(judged(label, ratio(results, figure, *whose), goal) for label, figure, *whose, goal in GOALS)


def _measure(bench: Bench, spec: Spec, results: dict[str, Results], missing: dict[str, str]) -> None:
    rows = (lambda: bench.opened.rows(spec.table)) if spec.table else None
    try:
        with running(bench.toolbox, spec.receiver, bench.settings) as (port, pid):
            one = Round(spec.name, port, (pid, bench.opened.pid), spec.connections, spec.mode, rows)
            one.run(bench.seconds, results.setdefault(spec.name, Results()))
    except NotAvailable as reason:
        missing[spec.name] = str(reason)


def _ceiling(bench: Bench, results: dict[str, Results], missing: dict[str, str]) -> None:
    """pgbench: one prepared insert of the same size a transaction, eight clients."""
    script = bench.toolbox.folder / "insert.sql"
    script.write_text(
        "INSERT INTO peer_event (digest, body) VALUES (md5(random()::text) || md5(random()::text), "
        "decode(repeat('78', 600), 'hex')) ON CONFLICT DO NOTHING\n"
    )
    command = [bench.opened.program("pgbench"), "-n", "-M", "prepared", "-c", "8", "-j", "2", "-f", str(script)]
    command += ["-T", str(max(1, round(bench.seconds))), bench.opened.plain]
    done = subprocess.run(command, capture_output=True, text=True)
    rates = [float(line.split("=")[1].split()[0]) for line in done.stdout.splitlines() if line.startswith("tps")]
    if rates:
        results.setdefault("pgbench", Results()).rate.append(rates[0])
    else:
        missing["pgbench"] = done.stderr.strip()[-150:]


TABLES: dict[str, Callable[[Bench], int]] = {
    "contest": contest,
    "rate": openloop.compare,
    "disk": disk.compare,
    "drain": drain.compare,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tables", nargs="*", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--only", nargs="*", default=[], help="receivers of the contest")
    given = parser.parse_args()
    # Told to stop, it takes its servers along.
    signal.signal(signal.SIGTERM, lambda *_rest: sys.exit(1))
    if shutil.which("wrk") is None:
        print("wrk is missing: sudo apt-get install wrk")
        return 2
    load = os.getloadavg()[0]
    print(
        f"load before the start: {load:.2f}{' - others are at work here: no claim' if load > 0.5 else ''}", flush=True
    )
    repeats, seconds = (1, 1) if given.quick else (given.repeats, given.seconds)
    bad = 0
    with (
        tempfile.TemporaryDirectory(prefix="bench-receive-") as name,
        database(Path(name) / "pg" / "data", channels=drain.ACCOUNTS) as opened,
    ):
        bench = Bench(Toolbox(Path(name)), opened, repeats, seconds, given.quick, tuple(given.only))
        for table in given.tables:
            began = time.monotonic()
            print(f"\n== {table}: {(TABLES[table].__doc__ or '').splitlines()[0]}", flush=True)
            bad += TABLES[table](bench)
            print(f"{table} took {time.monotonic() - began:.0f} s", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
