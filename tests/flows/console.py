"""A whole console: its own process, started as in real life, or threads of this one, where it is ready at once."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from config import Config
from tests.prepared import copied
from tests.running import Sandbox, free_ports, serving
from webapp import background
from webapp.app import create_app
from webapp.core.logs import JsonLines

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30
SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Console:
    url: str
    log: Path

    def written(self) -> str:
        """Everything that the process wrote."""
        return self.log.read_text()


@contextmanager
def running_console(sandbox: Sandbox, folder: Path, database_url: str, port: int | None = None) -> Iterator[Console]:
    """A console with demo people, its worker and its scheduler; the sandbox delivers webhooks to it."""
    console = _nowhere_yet(folder, port)
    settings = _settings(sandbox, folder, database_url, console.url)
    _prepare(settings)
    with served(console, os.environ | settings):
        sandbox.control("app", webhook_url=f"{console.url}/webhooks/meta")
        yield console


@contextmanager
def console_in_threads(sandbox: Sandbox, folder: Path, database_url: str) -> Iterator[Console]:
    """The same for tests of pages, in this process, which has read the code already."""
    console = _nowhere_yet(folder)
    settings = _settings(sandbox, folder, database_url, console.url)
    _prepare(settings)
    with _logging_to(console.log):
        app = create_app(Config.from_env(settings))
        running = background.start(app)
        try:
            with serving(app, int(console.url.rpartition(":")[2])):
                sandbox.control("app", webhook_url=f"{console.url}/webhooks/meta")
                yield console
        finally:
            running.stop()
            app.extensions["engine"].dispose()


def _nowhere_yet(folder: Path, port: int | None = None) -> Console:
    return Console(f"http://127.0.0.1:{port or free_ports(1)[0]}", folder / "console.log")


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """What a process would have written. Afterwards the log is as it was."""
    root, level = logging.getLogger(), logging.getLogger().level
    handler = logging.FileHandler(file)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        root.setLevel(level)


@contextmanager
def served(console: Console, env: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """The server's process. Told to stop, it is gone within seconds."""
    port = console.url.rpartition(":")[2]
    words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1"]
    # A browser that was killed may leave half a connection, which the server would wait for.
    words += ["--blocking-threads", "8", "--workers-kill-timeout", "1", "--host", "127.0.0.1", "--port", port]
    with console.log.open("ab") as log:
        server = subprocess.Popen([*words, "wsgi:app"], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(console, server)
        yield server
    finally:
        server.terminate()
        server.wait(15)


def _prepare(settings: dict[str, str]) -> None:
    """An empty database becomes one with the demo people."""
    url = settings["DATABASE_URL"]
    if not url.startswith(SQLITE):
        _set_up_demo(settings)
        return
    copied(
        "demo",
        Path(url.removeprefix(SQLITE)),
        lambda path: _set_up_demo(settings | {"DATABASE_URL": f"{SQLITE}{path}"}),
    )


def _set_up_demo(settings: dict[str, str]) -> None:
    """The command of a new installation, in this process, which has read the console's code already."""
    app = create_app(Config.from_env(settings | {"LOG_LEVEL": "WARNING"}))
    done = app.test_cli_runner().invoke(args=["setup-demo"])
    app.extensions["engine"].dispose()
    assert done.exit_code == 0, done.output


def _settings(sandbox: Sandbox, folder: Path, database_url: str, url: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "development",
        "BASE_URL": url,
        "SECRET_KEY": Fernet.generate_key().decode(),
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": database_url,
        "QUEUE_URL": f"sqlite:///{folder}/queue.sqlite3",
        "WORKER": "inline",
        "META_APP_ID": sandbox.app_id,
        "META_APP_SECRET": sandbox.app_secret,
        "META_VERIFY_TOKEN": sandbox.verify_token,
        "META_GRAPH_URL": sandbox.url,
        "META_DIALOG_URL": sandbox.url,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(sandbox.smtp_port),
        "MAIL_SENDER": "Omnichat <noreply@omnichat.example>",
        "MEDIA_DIR": str(folder / "media"),
        "LOG_LEVEL": "INFO",
    }


def _wait(console: Console, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None, console.written()[-2000:]
        try:
            if requests.get(f"{console.url}/readyz", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(f"the console did not start: {console.written()[-2000:]}")
