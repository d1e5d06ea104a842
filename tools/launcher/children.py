"""The programs that run side by side: started, waited for, watched, and stopped together."""

import http.client
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.launcher import sentences
from tools.launcher.places import Places
from tools.launcher.preflight import HOST
from tools.launcher.sentences import Stop

SECONDS_TO_ANSWER = 30
SECONDS_TO_STOP = 2.0


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    port: int
    path: str

    def last_words(self) -> str:
        return last_words(self.log, self.process.returncode)

    def answers(self) -> bool:
        line = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            line.request("GET", self.path)
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


class Children:
    """Leaving the `with` block, by whatever way, stops every child and what it started."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._children: list[Child] = []

    def start(self, name: str, command: list[str], environment: dict[str, str], *, port: int, path: str) -> None:
        """`port` and `path` are what answers 200 once the child is ready."""
        log = self._places.log(name)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self._places.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches the launcher alone, and a stop reaches grandchildren too.
                start_new_session=True,
                # Database, queue and logs hold messages of customers: nobody else on the machine reads them.
                umask=0o077,
            )
        self._children.append(Child(name, process, log, port, path))

    def wait_until_all_answer(self) -> None:
        waiting = list(self._children)
        until = time.monotonic() + SECONDS_TO_ANSWER
        while waiting:
            self.check_alive()
            waiting = [child for child in waiting if not child.answers()]
            if waiting and time.monotonic() > until:
                late = waiting[0]
                url = f"http://{HOST}:{late.port}{late.path}"
                raise Stop(sentences.CHILD_SILENT, name=late.name, url=url, seconds=SECONDS_TO_ANSWER, log=late.log)
            time.sleep(0.05)

    def watch(self) -> None:
        """Returns never: it ends by the exception of a dead child or of a signal."""
        while True:
            self.check_alive()
            time.sleep(0.3)

    def check_alive(self) -> None:
        for child in self._children:
            if child.process.poll() is not None:
                raise Stop(sentences.CHILD_DIED, name=child.name, reason=child.last_words(), log=child.log)

    def stop(self) -> None:
        for child in self._children:
            _signal_group(child, signal.SIGTERM)
        until = time.monotonic() + SECONDS_TO_STOP
        for child in self._children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, until - time.monotonic()))
        for child in self._children:
            # Also when the child itself has gone: a worker of its own may have outlived it.
            _signal_group(child, signal.SIGKILL)
            child.process.wait()
        self._children.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # From here on a second Ctrl-C must not leave children behind.
        previous = [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)]
        self.stop()
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), previous, strict=True):
            signal.signal(number, handler)


def last_words(log: Path, exit_code: int) -> str:
    """The line of a log that says most: the last error by name, else the last line, else the exit code."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception): |\[ERROR\] ", line)]
    return (errors or lines or [f"exit {exit_code}"])[-1]


def _signal_group(child: Child, number: signal.Signals) -> None:
    # macOS answers PermissionError for a group whose members have all ended.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)
