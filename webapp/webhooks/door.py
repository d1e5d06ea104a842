"""Meta's door for deliveries, before Flask: verify over the raw bytes, store, answer. Work comes after.

A thin WSGI program in front of the app, in the same process and on the same port, under any WSGI server. It knows one
address and one method; everything else goes on to Flask. See docs/adr/0007-a-thin-door.md for what that brings.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

from flask import Flask

from config import Config
from webapp.core import clock
from webapp.core.crypto import Secret
from webapp.meta.signature import is_signed
from webapp.webhooks.drain import Drain
from webapp.webhooks.shelves import open_shelf
from webapp.webhooks.writer import NotStored, Writer

log = logging.getLogger("webapp.webhooks")

Start = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], Start], Iterable[bytes]]

ADDRESS = "/webhooks/meta"
NOTED_EVERY = 60.0

OK, BAD_REQUEST, FORBIDDEN = "200 OK", "400 Bad Request", "403 Forbidden"
LENGTH_REQUIRED, TOO_LARGE, UNAVAILABLE = "411 Length Required", "413 Content Too Large", "503 Service Unavailable"
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0"), ("Cache-Control", "no-store")]


def init_app(app: Flask, config: Config) -> None:
    """Put the door in front of everything that the app has so far."""
    drain = Drain(app)
    writer = Writer(lambda: open_shelf(app.extensions["engine"]), drain.wake)
    secrets = [Secret(text) for text in config.meta_app_secrets]
    door = Door(app.wsgi_app, writer, secrets, longest=app.config["MAX_CONTENT_LENGTH"])
    app.extensions |= {"drain": drain, "writer": writer, "door": door}
    app.wsgi_app = door  # type: ignore[method-assign]


class Door:
    """`secrets` are the app secrets of now and before; `longest` is the largest body in bytes."""

    def __init__(self, inside: Wsgi, writer: Writer, secrets: Sequence[Secret], longest: int) -> None:
        self.inside = inside
        self.writer = writer
        self.secrets = secrets
        self.longest = longest
        self.refusals = Refusals(writer)

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != ADDRESS or environ.get("REQUEST_METHOD") != "POST":
            return self.inside(environ, start_response)
        start_response(self._deliver(environ), HEADERS)
        return [b""]

    def _deliver(self, environ: dict[str, Any]) -> str:
        body = self._body(environ)
        if isinstance(body, str):
            return body
        signature = environ.get("HTTP_X_HUB_SIGNATURE_256")
        if not is_signed(body, signature, self.secrets):
            self.refusals.note(was_missing=signature is None)
            return FORBIDDEN
        try:
            self.writer.store(body, now=clock.now())
        except NotStored:
            return UNAVAILABLE
        return OK

    def _body(self, environ: dict[str, Any]) -> bytes | str:
        """The bytes as they came: nothing parses them before. Or the status that refuses them."""
        told = environ.get("CONTENT_LENGTH") or ""
        if not told:
            return self._body_to_its_end(environ)
        if not (told.isascii() and told.isdigit()):
            return BAD_REQUEST
        if int(told[:20]) > self.longest:
            return TOO_LARGE
        try:
            body: bytes = environ["wsgi.input"].read(int(told))
        except OSError:
            return BAD_REQUEST
        # Whoever hung up in the middle did not send a wrong signature.
        return body if len(body) == int(told) else BAD_REQUEST

    def _body_to_its_end(self, environ: dict[str, Any]) -> bytes | str:
        """A body that comes in chunks, where the server marks its end."""
        if not environ.get("wsgi.input_terminated"):
            return LENGTH_REQUIRED if environ.get("HTTP_TRANSFER_ENCODING") else b""
        try:
            body: bytes = environ["wsgi.input"].read(self.longest + 1)
        except OSError:
            return BAD_REQUEST
        return TOO_LARGE if len(body) > self.longest else body


class Refusals:
    """Strangers can cause refusals by the thousand: a minute of them is one line in the log and one row."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        self._count, self._noted_at = 0, -NOTED_EVERY

    def note(self, *, was_missing: bool) -> None:
        count = self._due()
        if not count:
            return
        log.warning("%s deliveries refused: signature %s", count, "missing" if was_missing else "wrong")
        try:
            self._writer.note_refused(was_missing=was_missing, now=clock.now())
        except NotStored:
            log.warning("refusal not noted")

    def _due(self) -> int:
        """How many there were since the last note; 0 while that is less than a minute ago."""
        with self._lock:
            self._count += 1
            if time.monotonic() - self._noted_at < NOTED_EVERY:
                return 0
            count, self._count, self._noted_at = self._count, 0, time.monotonic()
            return count
