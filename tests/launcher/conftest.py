"""A small clone of its own: the real launcher, and tiny programs in the places of console and sandbox."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"


class Clone:
    """A folder with `run.py` in it, and how to run it; whatever still runs at the end is killed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ports = dict(zip(("--port", "--sandbox-port", "--smtp-port"), _free_ports(3), strict=True))
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        ports = [str(part) for pair in self.ports.items() for part in pair]
        run = subprocess.Popen(
            [sys.executable, self.root / "run.py", *ports, *arguments],
            # From elsewhere: the launcher must not care where it was called.
            cwd="/",
            env={**os.environ, "LC_ALL": "en_US.UTF-8", "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(run)
        return run

    def fail(self, *arguments: str, **environment: str) -> str:
        """Run to its end, which must be exit 1 without a trace; returns the last line: the sentence."""
        output, _ = (run := self.start(*arguments, **environment)).communicate(timeout=20)
        assert run.returncode == 1, output
        assert "Traceback" not in output
        return output.strip().splitlines()[-1]

    def start_and_wait(self, *arguments: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
        """Started and announced; returns the process and what it said so far."""
        run = self.start(*arguments, **environment)
        said = ""
        for line in run.stdout or ():
            said += line
            if "Ctrl-C" in line:
                return run, said
        raise AssertionError(said)

    def close(self) -> None:
        for run in self._started:
            family = [*psutil.Process(run.pid).children(recursive=True)] if run.poll() is None else []
            for process in family:
                process.kill()
            run.kill()
            run.communicate()


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    root = tmp_path / "a clone"
    shutil.copytree(STAND_INS, root)
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run.py", "requirements.txt", "requirements-test.txt"):
        shutil.copy(ROOT / name, root / name)
    (root / ".venv").symlink_to(ROOT / ".venv")
    clone = Clone(root)
    yield clone
    clone.close()


def gone(processes: list[psutil.Process], seconds: float = 1.0) -> bool:
    """True once none of them runs; one that ended and was not collected by pid 1 counts as gone."""
    until = time.monotonic() + seconds
    while any(_runs(process) for process in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
