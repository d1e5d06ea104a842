"""500 deliveries a second at fixed times, whether earlier ones were answered or not: W6, W7 and D2.

Four passes in turn: a bare Flask that stores nothing; ours alone; ours while a worker puts what was stored into its
conversations; ours while the worker also sweeps all accounts. One worker, one server of two processes, one PostgreSQL.
"""

import asyncio
import gc
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from bench import graph
from bench.contest import ROOT, Receiver, running
from bench.postgres import Database, database
from bench.stage import APP_SECRET
from bench.wrk import judged
from tests.rooms.webhooks.wire import delivery, entry, event, signature

if TYPE_CHECKING:
    from bench.receive import Bench

RATE, SECONDS, LINES, CUSTOMERS = 500, 6, 32, 200
CHANNELS, CHANNELS_QUICKLY = 100_000, 5_000
ACCOUNT = "1784000000001"
LATENCY = 0.150  # of the stand-in for Meta
PAUSE = 0.005  # between two looks into the conversations
PATIENCE = 60


@dataclass
class Pass:
    """Milliseconds: until each was answered, from when it should have been sent; until it was in its conversation."""

    waits: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    checks: int = 0

    def at(self, part: float, which: str = "waits") -> float:
        ordered = sorted(getattr(self, which))
        return ordered[int(len(ordered) * part)] if ordered else 0.0


def compare(bench: "Bench") -> int:
    """W6, W7, D2: latency at 500 deliveries a second."""
    channels = CHANNELS_QUICKLY if bench.is_quick else CHANNELS
    found: dict[str, list[Pass]] = {"bare Flask": [], "ours": [], "with drain": [], "with drain and sweep": []}
    with (
        database(bench.toolbox.folder / "rate" / "data", channels=channels) as opened,
        graph.running(LATENCY, 0) as url,
    ):
        variables = {"DATABASE_URL": opened.url, "META_GRAPH_URL": url, "META_DIALOG_URL": url, "LOG_LEVEL": "ERROR"}
        settings = bench.settings | opened.variables | variables
        for repeat in range(bench.repeats):
            for name, passes in found.items():
                opened.run("TRUNCATE delivery, conversation, contact, early_event, message CASCADE")
                opened.run(f"UPDATE channel SET next_check_at = now() + interval '{0 if 'sweep' in name else 60} min'")
                passes.append(_pass(bench, opened, settings, name, f"{name}-{repeat}-{time.time()}".replace(" ", "-")))
    return _report(found)


def _pass(bench: "Bench", opened: Database, settings: dict[str, str], name: str, prefix: str) -> Pass:
    receiver = Receiver("hmac" if name == "bare Flask" else "ours")
    watched = "drain" in name
    with running(bench.toolbox, receiver, settings) as (port, _pid), _worker(settings) if watched else nullcontext():
        done = asyncio.run(_Knocker(port, opened.plain if watched else None, prefix).run())
    done.checks = opened.number("SELECT count(*) FROM channel WHERE checked_at > now() - interval '10 min'")
    if receiver.is_ours:
        rows = opened.rows("delivery")
        if rows != RATE * SECONDS:
            done.problems.append(f"{rows} rows for {RATE * SECONDS} answers")
    if watched:
        done.problems += _disorder(opened)
    return done


def _disorder(opened: Database) -> Iterator[str]:
    """Each message once, counted once, and in every conversation in the order in which they were written."""
    sent = RATE * SECONDS
    counts = {
        "messages": opened.rows("message"),
        "distinct": opened.number("SELECT count(DISTINCT mid) FROM message"),
        "unread": opened.number("SELECT sum(unread) FROM conversation"),
        "in order": opened.number(
            "SELECT count(*) FROM (SELECT text::integer - lag(text::integer, 1, -1) OVER "
            "(PARTITION BY conversation_id ORDER BY at, id) AS step FROM message) AS one WHERE step > 0"
        ),
    }
    return (f"{name}: {count} of {sent}" for name, count in counts.items() if count != sent)


@contextmanager
def _worker(settings: dict[str, str]) -> Iterator[None]:
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    # What it could not do is seen in the counts.
    process = subprocess.Popen(
        words, cwd=ROOT, env=os.environ | settings, start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(4)
        assert process.poll() is None, "the worker does not start"
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class _Knocker:
    def __init__(self, port: int, database: str | None, prefix: str) -> None:
        self.port, self.database = port, database
        self.requests = [_request(prefix, number) for number in range(RATE * SECONDS)]
        self.answered: dict[int, float] = {}
        self.found = Pass()
        self.idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def run(self) -> Pass:
        for _ in range(LINES):
            self.idle.put_nowait(await asyncio.open_connection("127.0.0.1", self.port))
        watching = asyncio.create_task(self._watch(self.database)) if self.database else None
        gc.collect()
        gc.disable()
        await self._send()
        gc.enable()
        if watching:
            await asyncio.wait_for(watching, PATIENCE)
        return self.found

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        began, tasks = loop.time() + 0.5, []

        async def one(number: int) -> None:
            line = await self.idle.get()
            line[1].write(self.requests[number])
            status = await line[0].readline()
            assert b" 200 " in status, status
            await _rest(line[0])
            self.idle.put_nowait(line)
            self.answered[number] = loop.time()
            self.found.waits.append((loop.time() - began - number / RATE) * 1000)

        for number in range(len(self.requests)):
            await asyncio.sleep(max(0.0, began + number / RATE - loop.time()))
            tasks.append(asyncio.create_task(one(number)))
        await asyncio.gather(*tasks)

    async def _watch(self, database: str) -> None:
        """See each message come into its conversation."""
        seen: dict[int, float] = {}
        newest, loop = 0, asyncio.get_running_loop()
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as line:
            while len(seen) < len(self.requests):
                rows = await (await line.execute("SELECT id, text FROM message WHERE id > %s", (newest,))).fetchall()
                now = loop.time()
                for identity, text in rows:
                    newest = max(newest, identity)
                    seen.setdefault(int(text), now)
                await asyncio.sleep(PAUSE)
        self.found.delays = [max(0.0, seen[number] - self.answered[number]) * 1000 for number in seen]


async def _rest(reader: asyncio.StreamReader) -> None:
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if length:
        await reader.readexactly(length)


def _request(prefix: str, number: int) -> bytes:
    told = event(message={"mid": f"{prefix}-{number}", "text": str(number)})
    told |= {"sender": {"id": f"5614{number % CUSTOMERS}"}, "recipient": {"id": ACCOUNT}}
    told |= {"timestamp": int(time.time() * 1000) + number, "padding": "x" * 200}
    body = delivery(entry(told, account=ACCOUNT))
    head = "POST /webhooks/meta HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\nX-Hub-Signature-256: {signature(body, APP_SECRET)}\r\n\r\n"
    return head.encode() + body


def _report(found: dict[str, list[Pass]]) -> int:
    print(f"\n{RATE}/s{'':17}{'p50 ms':>9}{'p99 ms':>9}{'p99.9':>9}   in its conversation: p50, p99 ms")
    middle: dict[str, dict[float, float]] = {}
    bad = 0
    for name, passes in found.items():
        middle[name] = {part: statistics.median(one.at(part) for one in passes) for part in (0.5, 0.99, 0.999)}
        print(f"{name:21}" + "".join(f"{value:9.2f}" for value in middle[name].values()), end="")
        delays = [statistics.median(one.at(part, "delays") for one in passes) for part in (0.5, 0.99)]
        print(f"{delays[0]:12.0f}{delays[1]:8.0f}" if "drain" in name else "")
        if "sweep" in name:
            print(f"  accounts checked meanwhile: {', '.join(str(one.checks) for one in passes)}")
        for problem in (problem for one in passes for problem in one.problems):
            print(f"  {name} DOES NOT COUNT: {problem}")
            bad += 1
    print()
    delay = statistics.median(one.at(0.99, "delays") for one in found["with drain"])
    ours = middle["ours"]
    bad += judged("W6 p99, ours / bare Flask", ours[0.99] / middle["bare Flask"][0.99], "<= 1.5")
    bad += judged("W6 p99.9 ms", ours[0.999], "<= 10")
    bad += judged("W7 p99, with drain and sweep / alone", middle["with drain and sweep"][0.99] / ours[0.99], "<= 2")
    return bad + judged("D2 p99 ms, stored to conversation", delay, "<= 250")
