"""Bells: huey carries a name and a row's id to a worker; the row itself holds the fact.

A lost bell loses only time: every room also has a tick that looks for due rows.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer

log = logging.getLogger("webapp.work")

Handler = Callable[[int], None]


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Messages as JSON: the default pickle would let whoever can write the queue run code here."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data._asdict() if isinstance(data, Message) else data, default=str).encode()

    def _deserialize(self, data: bytes) -> Any:
        fields = json.loads(data)
        return Message(**fields) if isinstance(fields, dict) and "name" in fields else fields


class QuietConsumer(Consumer):  # type: ignore[misc]
    """A consumer inside the web process: the server keeps its own signal handlers."""

    def _set_signal_handlers(self) -> None:
        pass


class Bells:
    """Who answers which bell, and the queue that carries them. One per app."""

    def __init__(self, app: Flask, queue_url: str) -> None:
        self.app = app
        self.handlers: dict[str, Handler] = {}
        self.huey = _queue(queue_url)
        self.task = self.huey.task(name="answer")(self.answer) if self.huey else None
        app.extensions["bells"] = self

    def on(self, name: str, handler: Handler) -> None:
        self.handlers[name] = handler

    def answer(self, name: str, row_id: int) -> None:
        with self.app.app_context():
            self.handlers[name](row_id)

    def start(self, workers: int = 2) -> Consumer | None:
        """Answer bells in threads of this process."""
        if self.huey is None:
            return None
        consumer = QuietConsumer(
            self.huey,
            workers=workers,
            periodic=False,
            initial_delay=0.05,
            max_delay=0.3,
            check_worker_health=False,
        )
        consumer.start()
        return consumer


def ring(name: str, row_id: int) -> None:
    """Wake a worker for a row that is already committed."""
    bells: Bells = current_app.extensions["bells"]
    if bells.task is None:
        return
    try:
        bells.task(name, row_id)
    except Exception:
        # The queue is down: the row is safe, and the tick finds it.
        log.warning("bell %s not rung", name, exc_info=True)


def _queue(url: str) -> Huey | None:
    """A queue by its address; 'none' leaves everything to the ticks."""
    options = {"results": False, "serializer": JsonSerializer(), "utc": True}
    if url == "none":
        return None
    if url.startswith("sqlite:///"):
        return SqliteHuey("bells", filename=url.removeprefix("sqlite:///"), fsync=False, **options)
    if url.startswith("redis"):
        return RedisHuey("bells", url=url, **options)
    return PostgresHuey("bells", dsn=url, **options)
