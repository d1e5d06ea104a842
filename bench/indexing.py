"""The search's index catches up: `python -m bench.indexing [sqlite|postgresql|both] [texts]`, 100,000 by default.

So many messages and customers wait, as after an import or an upgrade. Prints how many texts a second are indexed, what
one costs in CPU time of this process and of PostgreSQL (a server of its own with safe settings), and how long another
process waits that writes a message every few milliseconds: while the index catches up, and while it does nothing.
Exit code 1 when a text is missing in the index.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import quantiles

from sqlalchemy import func, insert, make_url, select

from bench import crowd
from bench.contest import cpu_seconds
from bench.postgres import KEY, database
from bench.stage import config_for
from tests.people import NOON
from webapp import background
from webapp.app import create_app
from webapp.commands import upgrade
from webapp.core import db
from webapp.inbox import actions
from webapp.inbox.models import Contact, Message, SearchDue, SearchEntry

PAUSE = 0.005
FEW = 100
IDLE_SECONDS = 3


def main() -> int:
    kind = sys.argv[1] if len(sys.argv) > 1 else "both"
    texts = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    print(f"load {os.getloadavg()[0]:.1f}")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        if kind in ("sqlite", "both"):
            bad += _measure("SQLite", f"sqlite:///{folder}/bench.sqlite3", texts)
        if kind in ("postgresql", "both"):
            with database(Path(folder, "pg")) as opened:
                opened.run("CREATE DATABASE crowd")
                url = make_url(opened.url).set(database="crowd").render_as_string(hide_password=False)
                bad += _measure("PostgreSQL", url, texts, opened.pid)
    return int(bad > 0)


def _measure(name: str, url: str, texts: int, server: int | None = None) -> int:
    """Prints a table; how many texts are missing. `server`: PostgreSQL's process."""
    app = create_app(config_for(url, KEY))
    upgrade(app.extensions["engine"])
    background.settle()  # as everybody does who works in the background
    with app.app_context():
        crowd.furnish()
        crowd.people(0, texts // 2)
        _, idle = _with_a_writer(url, lambda: time.sleep(IDLE_SECONDS))
        before = _spent(server)
        done, busy = _with_a_writer(url, _catch_up)
        wall, ours, database = (now - then for now, then in zip(_spent(server), before, strict=True))
        actions.index_due()
        missing = _missing()
    app.extensions["engine"].dispose()
    print(f"\n{name}: {done:,} texts in {wall:.1f} s, {done / wall:,.0f}/s")
    print(f"CPU µs a text: {ours / done * 1e6:.0f} of ours + {database / done * 1e6:.0f} of the database's processes")
    for label, waits in (("nothing is indexed", idle), ("the index catches up", busy)):
        cuts = quantiles(waits, n=100)
        print(f"ms to write a message while {label:21} p50 {cuts[49]:6.1f} p99 {cuts[98]:6.1f} max {max(waits):6.0f}")
    print(f"missing in the index: {missing}", flush=True)
    return missing


def _spent(server: int | None) -> tuple[float, float, float]:
    return time.perf_counter(), time.process_time(), cpu_seconds(server) if server else 0.0


def _catch_up() -> int:
    """Until no more waits than the writer writes meanwhile."""
    done = some = actions.index_due()
    while some > FEW:
        some = actions.index_due()
        done += some
    return done


def _missing() -> int:
    """Texts without an entry; an entry has one text, the database sees to that."""
    session = db.session()
    texts = select(func.count()).select_from(Message).where(Message.text != "")
    waiting, people, entries = (select(func.count()).select_from(model) for model in (SearchDue, Contact, SearchEntry))
    assert session.scalar(waiting) == 0
    return (session.scalar(texts) or 0) + (session.scalar(people) or 0) - (session.scalar(entries) or 0)


def _with_a_writer(url: str, work: Callable[[], int | None]) -> tuple[int, list[float]]:
    """What the work returns, and how long (ms) each message took that was written meanwhile."""
    spawn = get_context("spawn")
    ready, stop, waits = spawn.Event(), spawn.Event(), spawn.Queue()
    writer = spawn.Process(target=_write, args=(url, ready, stop, waits), daemon=True)
    writer.start()
    ready.wait()
    done = work() or 0
    stop.set()
    found = waits.get()
    writer.join()
    return done, found


def _write(url: str, ready: Event, stop: Event, waits: object) -> None:
    app = create_app(config_for(url, KEY))
    found = []
    with app.app_context():
        while not stop.is_set():
            began = time.perf_counter()
            with db.transaction() as session:
                session.execute(insert(Message), [_message(f"{began}")])
            found.append((time.perf_counter() - began) * 1000)
            ready.set()
            time.sleep(PAUSE)
    waits.put(found[1:])  # type: ignore[attr-defined]


def _message(mid: str) -> dict[str, object]:
    named = {"conversation_id": 1, "channel_id": 1, "mid": mid, "direction": "in", "kind": "text"}
    return named | {"text": f"請問第 {mid} 號還有貨嗎", "at": NOON}


if __name__ == "__main__":
    sys.exit(main())
