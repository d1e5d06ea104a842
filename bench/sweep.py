"""What a sweep costs: `python -m bench.sweep --channels 10000 100000`.

A stand-in for Meta answers each HTTP request after 150 ms. Prints, each beside its goal: HTTP requests against the
fewest possible (four questions a channel, fifty in a request), wall time against the floor that the latency sets at
the same concurrency, CPU-seconds and peak memory of the sweeping process alone, and database statements for fifty
channels, in an hour in which some break and in the next, in which nothing changes. Beside it the naive loop: one
requests.get of debug_token a channel, measured on some in the same run and reckoned up. One PostgreSQL on the same
machine.
"""

import argparse
import math
import os
import random
import subprocess
import sys
import time

import requests
from cryptography.fernet import Fernet

from bench import graph
from bench.hours import Cost, Hour
from bench.stage import fill, settings_for
from config import Config
from tests import engines
from webapp.app import create_app
from webapp.channels.actions.ask import THREADS
from webapp.commands import upgrade

QUESTIONS, PER_REQUEST = 4, 50
LATENCY = 0.150
BROKEN = 0.01
NAIVE = 40


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
        settings = settings_for(database, Fernet.generate_key().decode(), url)
        app = create_app(Config.from_env(settings))
        upgrade(app.extensions["engine"])
        with app.app_context():
            fill(channels, broken, per_grant=5)
        app.extensions["engine"].dispose()
        program = [sys.executable, "-m", "bench.hours"]
        done = subprocess.run(program, env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=True)
        cost = Cost.read(done.stdout)
        counted = requests.get(f"{url}/counts", timeout=10).json()["requests"]
        assert counted == sum(hour.requests for hour in cost.hours), (counted, cost)
        report(channels, broken, latency, cost, naive(url, NAIVE))
    return cost


def report(channels: int, broken: int, latency: float, cost: Cost, loop: tuple[float, float]) -> None:
    first, second = cost.hours
    fewest = math.ceil(QUESTIONS * channels / PER_REQUEST)
    floor = first.requests * latency / THREADS
    cpu = first.cpu / channels * 1e5 / QUESTIONS
    again = second.cpu / channels * 1e5 / QUESTIONS
    lines = [
        ("channels, of logins", f"{channels}, {channels // 5}", ""),
        ("HTTP requests, fewest possible", f"{first.requests}, {fewest} ({first.requests / fewest:.3f})", "1.01"),
        ("wall seconds, floor", f"{first.wall:.1f}, {floor:.1f} ({first.wall / floor:.2f})", "1.10"),
        ("  in the next hour, when nothing changes", f"{second.wall:.1f} ({second.wall / floor:.2f})", "1.10"),
        ("CPU seconds, for 100,000 questions", f"{first.cpu:.1f}, {cpu:.1f}", "4"),
        ("  in the next hour", f"{second.cpu:.1f}, {again:.1f}", "4"),
        ("memory MiB before, at the peak", f"{cost.before:.0f}, {cost.peak:.0f}", "100 at the peak"),
        ("statements for 50 channels, when 1 in 100 breaks", _statements(first, channels), ""),
        ("  in the next hour", _statements(second, channels), "2"),
        ("checked, missed", f"{first.checked + second.checked}, {first.missed + second.missed}", f"{2 * channels}, 0"),
        ("lost, incidents", f"{first.lost + second.lost}, {first.incidents + second.incidents}", f"{broken}, {broken}"),
    ]
    print(f"{'':50}{'measured':24}goal")
    for label, value, goal in lines:
        print(f"{label:50}{value:24}{goal}")
    beside(channels, first, loop)


def beside(channels: int, ours: Hour, loop: tuple[float, float]) -> None:
    """The sweep and the naive loop in one table. The loop asks one question a channel, the sweep four."""
    wall, cpu = loop
    rows = [
        ("HTTP requests", ours.requests, channels, ""),
        ("wall seconds", ours.wall, wall * channels, ""),
        ("CPU seconds", ours.cpu, cpu * channels, ""),
        ("CPU us a question", ours.cpu / channels / QUESTIONS * 1e6, cpu * 1e6, "1/20"),
    ]
    print(f"\n{'side by side':26}{'sweep':>12}{'naive loop':>14}{'ratio':>10}  goal")
    for label, mine, theirs, goal in rows:
        print(f"{label:26}{mine:12,.1f}{theirs:14,.1f}{f'1/{theirs / mine:.1f}':>10}  {goal}")
    print(flush=True)


def _statements(hour: Hour, channels: int) -> str:
    return f"{50 * hour.statements / channels:.2f}"


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
    if len(costs) > 1:
        print(f"{'memory: last peak against the first':50}{costs[-1].peak / costs[0].peak:<24.2f}1.4")
    return int(any(hour.missed or hour.lost != hour.incidents for cost in costs for hour in cost.hours))


if __name__ == "__main__":
    sys.exit(main())
