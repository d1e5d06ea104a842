"""Nothing that was answered 200 is lost, and nothing comes twice: consoles are killed (kill -9) under load.

    python -m bench.durable --rounds 200

Deliveries come in from several senders, some of them twice; what was not answered 200 is sent again, as Meta does. At
random moments the web process, the worker, or both are killed and started anew. In the end every message of every
delivery that was answered 200 must be in the inbox exactly once. Runs on PostgreSQL with a worker of its own and on
SQLite with everything in one process, and then a control that answers before the commit and must lose something.
"""

import argparse
import hashlib
import http.client
import json
import multiprocessing
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.process import BaseProcess

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server

from bench.stage import config_for, fill
from config import Config
from tests import engines
from tests.rooms.webhooks.wire import delivery, entry, event, signature
from tests.running import free_ports
from webapp.app import create_app
from webapp.commands import upgrade
from webapp.core import db
from webapp.webhooks.drain import Drain
from webapp.webhooks.shelves import Arrival, open_shelf
from webapp.webhooks.writer import Writer, _Ticket

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(["webapp.app", "bench.stage", "tests.engines", "tests.running"])
ACCOUNT = "1784000000001"
SENDERS = 6
PATIENCE = 30
# So many messages are acknowledged between two kills at least.
FLOWS = 25


class Hasty(Writer):
    """The control: says "stored" before the commit, which takes its time."""

    def store(self, body: bytes, *, now: datetime) -> None:
        if self._thread is None:
            self._start()
        time.sleep(0.005)
        self._waiting.put(_Ticket(Arrival(hashlib.sha256(body).hexdigest(), body, now)))

    def _put(self, *things: object) -> int | None:
        time.sleep(0.03)
        return super()._put(*things)  # type: ignore[arg-type]


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def serve(config: Config, port: int, is_hasty: bool) -> None:
    """The web process: the door, and with WORKER=inline what works in the background."""
    app = create_app(config)
    drain: Drain = app.extensions["drain"]
    if is_hasty:
        app.extensions["door"].writer = Hasty(lambda: open_shelf(app.extensions["engine"]), drain.wake)
    if config.worker == "inline":
        drain.start()
    make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet).serve_forever()


def work(config: Config) -> None:
    """The worker process."""
    drain: Drain = create_app(config).extensions["drain"]
    drain.start()
    threading.Event().wait()


@dataclass
class Load:
    """Senders as many as Meta's. `acknowledged` are ids of messages whose delivery was answered 200."""

    port: int
    secret: str
    acknowledged: set[str] = field(default_factory=set)
    sent: int = 0
    refused: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def send(self, number: int) -> None:
        """One sender, until it is over. What was not answered 200 is brought again."""
        made, again, choice = 0, [], random.Random(number)
        line: http.client.HTTPConnection | None = None
        while not self.is_over.is_set():
            if again and choice.random() < 0.5:
                mids, body = again.pop(choice.randrange(len(again)))
            else:
                made += 1
                mids = [f"m-{number}-{made}-{part}" for part in range(choice.randint(1, 3))]
                body = _delivery(mids, made)
            line = line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            if self._is_taken(line, body):
                self.acknowledged.update(mids)
                if choice.random() < 0.05:
                    again.append((mids, body))
                continue
            again.append((mids, body))
            line.close()
            line = None
            time.sleep(0.02)

    def wait_for_more(self) -> None:
        """Until it flows: on a busy machine killing waits too, or there would be nothing to lose."""
        wanted, until = len(self.acknowledged) + FLOWS, time.monotonic() + PATIENCE
        while len(self.acknowledged) < wanted and time.monotonic() < until:
            time.sleep(0.01)

    def _is_taken(self, line: http.client.HTTPConnection, body: bytes) -> bool:
        self.sent += 1
        try:
            line.request("POST", "/webhooks/meta", body, {"X-Hub-Signature-256": signature(body, self.secret)})
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        self.refused += answer.status != 200
        return answer.status == 200


def _delivery(mids: list[str], made: int) -> bytes:
    at = int(time.time() * 1000)
    customers = [str(10**15 + number % 20) for number in range(made, made + len(mids))]
    told = [
        event(message={"mid": mid, "text": f"words of {mid}"})
        | {"sender": {"id": customer}, "recipient": {"id": ACCOUNT}, "timestamp": at}
        for mid, customer in zip(mids, customers, strict=True)
    ]
    return delivery(entry(*told, account=ACCOUNT))


class Processes:
    """The web process and the worker; with SQLite everything is in the web process."""

    def __init__(self, config: Config, port: int, is_hasty: bool) -> None:
        self._config, self._port, self._is_hasty = config, port, is_hasty
        names = ["web", "worker"] if config.worker == "separate" else ["web"]
        self._running = {name: self._start(name) for name in names}

    def kill_some(self) -> int:
        victims = [name for name in self._running if random.random() < 0.7] or ["web"]
        for name in victims:
            _end(self._running[name])
        for name in victims:
            self._running[name] = self._start(name)
        return len(victims)

    def end(self) -> None:
        for process in self._running.values():
            _end(process)

    def _start(self, name: str) -> BaseProcess:
        if name == "worker":
            process = START.Process(target=work, args=(self._config,), daemon=True)
        else:
            process = START.Process(target=serve, args=(self._config, self._port, self._is_hasty), daemon=True)
        process.start()
        return process

    def wait_for_web(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError("the web process does not answer")


def _end(process: BaseProcess) -> None:
    process.kill()
    process.join()


def prove(database_url: str, rounds: int, *, is_hasty: bool = False) -> dict[str, int]:
    """Kill so many times and count. The database must be empty."""
    is_sqlite = database_url.startswith("sqlite")
    config = config_for(database_url, Fernet.generate_key().decode(), worker="inline" if is_sqlite else "separate")
    app = create_app(config)
    upgrade(app.extensions["engine"])
    with app.app_context():
        fill(1)
    (port,) = free_ports(1)
    load = Load(port, config.meta_app_secret)
    processes = Processes(config, port, is_hasty)
    senders = [threading.Thread(target=load.send, args=(number,), daemon=True) for number in range(SENDERS)]
    killed = 0
    try:
        processes.wait_for_web()
        for sender in senders:
            sender.start()
        for _round in range(rounds):
            time.sleep(random.uniform(0.15, 0.6))
            load.wait_for_more()
            killed += processes.kill_some()
            processes.wait_for_web()
        load.is_over.set()
        for sender in senders:
            sender.join(PATIENCE)
        _wait_until_handled(app)
        return {"kills": killed, "sent": load.sent, "refused": load.refused, **counts(app, load.acknowledged)}
    finally:
        load.is_over.set()
        processes.end()
        app.extensions["engine"].dispose()


def _wait_until_handled(app: Flask) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with app.app_context():
            waiting = db.session().scalar(text("SELECT count(*) FROM delivery WHERE handled_at IS NULL"))
        if not waiting:
            return
        time.sleep(0.05)
    raise AssertionError(f"{waiting} deliveries are not handled")


def counts(app: Flask, acknowledged: set[str]) -> dict[str, int]:
    with app.app_context():
        mids = list(db.session().scalars(text("SELECT mid FROM message")))
        unread = db.session().scalar(text("SELECT sum(unread) FROM conversation")) or 0
        deliveries = db.session().scalar(text("SELECT count(*) FROM delivery")) or 0
        failed = db.session().scalar(text("SELECT count(*) FROM delivery WHERE problem != ''")) or 0
    return {
        "deliveries": deliveries,
        "acknowledged messages": len(acknowledged),
        "messages": len(mids),
        "lost": len(acknowledged - set(mids)),
        "doubled": len(mids) - len(set(mids)) + abs(unread - len(mids)),
        "failed": failed,
    }


def wrong(found: dict[str, int]) -> list[str]:
    """What must be nothing and is not."""
    return [f"{name}: {found[name]}" for name in ("lost", "doubled", "failed") if found[name]]


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    name = f"bench_durable_{random.randrange(10**6)}"
    with engines.fresh_database(engines.postgresql(), name) as url, tempfile.TemporaryDirectory() as folder:
        yield {
            "PostgreSQL": url,
            "SQLite": f"sqlite:///{folder}/durable.sqlite3",
            "control": f"sqlite:///{folder}/control.sqlite3",
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    problems = []
    with databases() as urls:
        for name, url in urls.items():
            is_control = name == "control"
            began = time.monotonic()
            found = prove(url, min(rounds, 10) if is_control else rounds, is_hasty=is_control)
            print(f"{name}: {json.dumps(found)}, {time.monotonic() - began:.0f} s", flush=True)
            if is_control and not found["lost"]:
                problems.append("the control lost nothing: this proof proves nothing")
            if not is_control:
                problems += [f"{name}: {one}" for one in wrong(found)]
    print("WRONG: " + "; ".join(problems) if problems else "Each message once, and the control was caught.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
