"""Deliveries at full speed, each with a body and signature of its own, and what they cost."""

import json
import random
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.contest import RECEIVERS, NotAvailable, cpu_seconds
from bench.stage import APP_SECRET


@dataclass
class Results:
    """Rates (1/s), latencies (ms), CPU of server and of PostgreSQL (µs a request), one of each a repeat."""

    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    longest: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def cpu(self) -> list[float]:
        return [one + other for one, other in zip(self.server, self.database, strict=True)]


def knock(port: int, connections: int, seconds: float, mode: str = "new", prefix: str = "") -> dict[str, int]:
    """What wrk counted: requests, microseconds, refused, broken, p50, p99, longest (µs). `mode`: new, same, forged."""
    command = ["wrk", "-t", "2", "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--timeout", "10s"]
    command += ["-s", str(RECEIVERS / "load.lua"), f"http://127.0.0.1:{port}", "--"]
    command += [mode, APP_SECRET, prefix or f"warm{random.randrange(10**9)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    line = next((one for one in done.stdout.splitlines() if one.startswith("RESULT ")), None)
    if line is None:
        raise NotAvailable(f"wrk said: {(done.stderr or done.stdout).strip()[-200:]}")
    told: dict[str, int] = json.loads(line.removeprefix("RESULT "))
    return told


@dataclass(frozen=True)
class Round:
    """One receiver under load. `pids` of server and database, 0: none; `rows` counts what is stored, if anything is."""

    name: str
    port: int
    pids: tuple[int, int]
    connections: int
    mode: str = "new"
    rows: Callable[[], int] | None = None

    def run(self, seconds: float, found: Results) -> None:
        knock(self.port, self.connections, 0.3, self.mode)
        time.sleep(0.3)  # what was under way is stored by then
        before = self.rows() if self.rows else 0
        spent = self._spent()
        told = knock(self.port, self.connections, seconds, self.mode, f"{self.name}-{random.randrange(10**9)}")
        spent = [now - one for now, one in zip(self._spent(), spent, strict=True)]
        requests = max(told["requests"], 1)
        found.rate.append(requests / (told["microseconds"] / 1e6))
        for name in ("p50", "p99", "longest"):
            getattr(found, name).append(told[name] / 1000)
        found.server.append(spent[0] / requests * 1e6)
        found.database.append(spent[1] / requests * 1e6)
        found.problems += self._problems(told, requests, before)

    def _spent(self) -> list[float]:
        return [cpu_seconds(pid) if pid else 0.0 for pid in self.pids]

    def _problems(self, told: dict[str, int], requests: int, before: int) -> list[str]:
        """Rows = distinct = answered, and perhaps those under way at the end; no answer but the expected one."""
        problems = []
        if told["refused"] != (requests if self.mode == "forged" else 0) or told["broken"]:
            problems.append(f"{told['refused']} answers other than 2xx, {told['broken']} broken")
        if self.rows is not None:
            time.sleep(0.3)
            new = self.rows() - before
            if not requests <= new <= requests + self.connections:
                problems.append(f"{new} rows for {requests} answers")
        return problems


def report(results: dict[str, Results], missing: dict[str, str]) -> int:
    """Prints a table; how many results do not count."""
    heads = ("1/s", "lowest", "highest", "p50 ms", "p99 ms", "max ms", "CPU µs", "PG µs")
    print(f"\n{'receiver':20}" + "".join(f"{head:>8}" for head in heads))
    bad = 0
    for name, one in results.items():
        if not one.rate:
            continue
        rest = (one.p50, one.p99, one.longest, one.server, one.database)
        middle = [statistics.median(some) if some else 0 for some in rest]
        print(f"{name:20}{statistics.median(one.rate):8.0f}{min(one.rate):8.0f}{max(one.rate):8.0f}", end="")
        print("{:8.2f}{:8.1f}{:8.0f}{:8.0f}{:8.0f}".format(*middle))
        if max(one.rate) > 1.6 * min(one.rate):
            print(f"  {name}: its repeats spread by {max(one.rate) / min(one.rate):.1f}: too noisy for a claim")
        for problem in one.problems:
            print(f"  {name} DOES NOT COUNT: {problem}")
            bad += 1
    for name, reason in missing.items():
        print(f"{name:20}not available: {reason}")
    print(flush=True)
    return bad


def judged(label: str, figure: float | None, goal: str) -> int:
    """Prints figure, goal ("<= 0.6", ">= 4", "= 0") and whether it is met; 1 when it is not."""
    if figure is None:
        print(f"{label:38}{'not measured':>14}")
        return 1
    sign, _, limit = goal.partition(" ")
    is_met = {">=": figure >= float(limit), "<=": figure <= float(limit), "=": figure == float(limit)}[sign]
    print(f"{label:38}{figure:14.2f}  goal {goal:8} {'met' if is_met else 'MISSED'}", flush=True)
    return int(not is_met)


def ratio(results: dict[str, Results], figure: str, over: str, under: str) -> float | None:
    """Of the medians of two receivers; None when one was not measured."""
    some = [getattr(results[name], figure) if name in results else [] for name in (over, under)]
    return statistics.median(some[0]) / statistics.median(some[1]) if all(some) else None
