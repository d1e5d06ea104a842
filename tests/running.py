"""Real programs on free ports: the sandbox with its mail catcher, and consoles."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

import sandbox
from sandbox.postbox import smtp_server
from sandbox.settings import Settings


class Sandbox:
    """A handle on a running sandbox. The console meets it over HTTP; the tests' own hand on its controls reaches
    the program directly, which is five times as fast."""

    def __init__(self, settings: Settings, app: Flask) -> None:
        self.app = app
        self.settings = settings
        self.smtp: Controller | None = None
        self.url = f"http://127.0.0.1:{settings.port}"
        self.smtp_port = settings.smtp_port
        self.app_id = settings.app_id
        self.app_secret = settings.app_secret
        self.verify_token = settings.verify_token

    def control(self, path: str, **values: Any) -> Any:
        """POST to the control API; returns its JSON."""
        answer = self.app.test_client().post(f"/control/{path}", json=values, base_url=self.url)
        assert answer.status_code < 400, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json

    def look(self, path: str) -> Any:
        return self.app.test_client().get(f"/control/{path}").json

    def open_mail_server(self) -> None:
        self.smtp = smtp_server(self.app.extensions["sandbox"].postbox, self.settings.host, self.smtp_port)
        self.smtp.start()

    def close_mail_server(self) -> None:
        """Nobody listens on its port any more."""
        if self.smtp is not None:
            self.smtp.stop()
        self.smtp = None

    def reset(self) -> None:
        self.control("reset")

    def secrets(self) -> set[str]:
        """Every token and code that this sandbox has given out: what nobody may ever read."""
        state = self.app.extensions["sandbox"].state
        return {token for token in state.tokens if "|" not in token} | set(state.codes) | {self.app_secret}

    def mails(self) -> list[dict[str, Any]]:
        found = self.look("mails")
        return found["mails"] if isinstance(found, dict) else found


@contextmanager
def running_sandbox(**changes: Any) -> Iterator[Sandbox]:
    """A sandbox on free ports until the block ends."""
    port, smtp_port = free_ports(2)
    settings = Settings(port=port, smtp_port=smtp_port, **changes)
    app = sandbox.create_app(settings)
    running = Sandbox(settings, app)
    running.open_mail_server()
    try:
        with serving(app, port):
            yield running
    finally:
        running.close_mail_server()


class QuietHandler(WSGIRequestHandler):
    """Meta's addresses hold tokens: the sandbox's requests are not written to the tests' output."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


@contextmanager
def serving(app: Flask, port: int) -> Iterator[str]:
    """An app over real HTTP in threads of this process; yields its address."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def free_ports(count: int) -> list[int]:
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [holder.getsockname()[1] for holder in holders]
    finally:
        for holder in holders:
            holder.close()
