"""Peers for bench/receive.py: installed into a throw-away folder, started side by side with ours, and their cost."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.running import free_ports

ROOT = Path(__file__).resolve().parents[1]
RECEIVERS = ROOT / "bench" / "receivers"
# Versions that were seen to run. Each Node peer has a folder of its own: they want different Express versions.
PYTHON = ["gunicorn==27.0.1", "flask==3.1.3", "sqlalchemy==2.1.9", "psycopg[binary]==3.3.9"]
# six: fbmessenger imports it without asking for it.
PYTHON_PEERS = {"fbmessenger": ["fbmessenger==6.0.0", "six==1.17.0"], "fbmq": ["fbmq==2.5.0"]}
NODE = {
    "fastify": ["fastify@5.12.8", "pg"],
    "express": ["express@5.3.0", "pg"],
    "bottender": ["bottender@1.5.5", "express@4"],
    "botkit": ["botkit@4.15.0", "botbuilder-adapter-facebook@1.0.12", "request"],
}
PATIENCE = 40


class NotAvailable(Exception):
    """A peer cannot be had here; the text says why."""


@dataclass(frozen=True)
class Receiver:
    """`name` of the program; `threads` a process."""

    name: str
    threads: int = 8
    workers: int = 2

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("ours")


class Toolbox:
    """What peers need, installed once into `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reasons: dict[str, str] = {}
        self._ready: set[str] = set()

    def command(self, receiver: Receiver, port: int) -> tuple[list[str], Path]:
        """The command line, and the folder to run it in. Raises NotAvailable."""
        name = receiver.name
        if receiver.is_ours:
            words = [
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--no-ws",
                "--workers",
                str(receiver.workers),
            ]
            words += ["--blocking-threads", str(receiver.threads), "--host", "127.0.0.1", "--port", str(port)]
            return [*words, "--workers-kill-timeout", "2", "--log-level", "error", "wsgi:app"], ROOT
        if name in NODE:
            return ["node", "node.js", name], self._node(name)
        words = [str(self._python(name)), "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2"]
        words += ["--threads", str(receiver.threads), "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
        return [*words, "--no-control-socket", f"peers:make('{name}')"], RECEIVERS

    def _python(self, name: str) -> Path:
        place = self.folder / "python"
        if "python" not in self._ready:
            if not (place / "bin" / "python").exists():
                venv.create(place, with_pip=True)
            _run([str(place / "bin" / "pip"), "install", "-q", *PYTHON], self.folder)
            self._ready.add("python")
        if name in PYTHON_PEERS and name not in self._ready:
            _run([str(place / "bin" / "pip"), "install", "-q", *PYTHON_PEERS[name]], self.folder)
            self._ready.add(name)
        return place / "bin" / "python"

    def _node(self, name: str) -> Path:
        place = self.folder / name
        if name not in self._ready:
            if shutil.which("npm") is None:
                raise NotAvailable("there is no npm here")
            place.mkdir(parents=True, exist_ok=True)
            for file in ("node.js", "bottender.config.js", "index.js"):
                shutil.copy(RECEIVERS / file, place)
            _run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *NODE[name]], place)
            self._ready.add(name)
        return place


def _run(command: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["without a word"]
        raise NotAvailable(f"{command[0].rsplit('/', 1)[-1]} install failed: {said[-1][:150]}")


@contextmanager
def running(toolbox: Toolbox, receiver: Receiver, environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Port and process id. Raises NotAvailable with what it said when it does not start."""
    (port,) = free_ports(1)
    command, folder = toolbox.command(receiver, port)
    log = toolbox.folder / f"{receiver.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | dict(environment) | {"PORT": str(port), "NODE_ENV": "production"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        yield port, process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            time.sleep(1)  # every process of it, not only the first
            return
        time.sleep(0.05)
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    raise NotAvailable(f"does not start: {(lines or ['without a word'])[-1][:150]}")


def cpu_seconds(root: int) -> float:
    """Of a process, its descendants, and those of them that have ended."""
    ticks, parents = {}, {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError):
                fields = (place / "stat").read_text().rpartition(")")[2].split()
                parents[int(place.name)] = int(fields[1])
                ticks[int(place.name)] = sum(map(int, fields[11:15]))
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(ticks.get(pid, 0) for pid in family) / os.sysconf("SC_CLK_TCK")
