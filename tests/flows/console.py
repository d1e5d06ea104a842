"""A whole console as its own process, started as in real life, on an embedded or a PostgreSQL database."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from config import Config
from tests.running import Sandbox, free_ports
from webapp.app import create_app

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30
PREPARED = Path(tempfile.gettempdir()) / f"prepared-console-{os.getpid()}" / "console.sqlite3"


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
    port = port or free_ports(1)[0]
    console = Console(f"http://127.0.0.1:{port}", folder / "console.log")
    settings = _settings(sandbox, folder, database_url, console.url)
    _prepare(settings)
    with served(console, os.environ | settings):
        sandbox.control("app", webhook_url=f"{console.url}/webhooks/meta")
        yield console


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
    """An empty database becomes one with the demo people. SQLite files are copies of the first: to make every table
    anew costs a second, and two dozen consoles are started."""
    url = settings["DATABASE_URL"]
    if not url.startswith("sqlite:///"):
        _set_up_demo(settings)
        return
    if not PREPARED.exists():
        PREPARED.parent.mkdir()
        atexit.register(shutil.rmtree, PREPARED.parent, ignore_errors=True)
        _set_up_demo(settings | {"DATABASE_URL": f"sqlite:///{PREPARED}"})
    shutil.copy(PREPARED, url.removeprefix("sqlite:///"))


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
