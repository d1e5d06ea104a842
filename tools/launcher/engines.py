"""The real engines of the tests, held ready by one process for as long as the tests run."""

import json
import platform
import subprocess
import sys
from types import TracebackType
from typing import Self

from tools.launcher import sentences
from tools.launcher.options import TestOptions
from tools.launcher.places import Places
from tools.launcher.sentences import Stop

SECONDS_TO_STOP = 15


def _not_had_here(options: TestOptions) -> list[str]:
    """Safari's driver has to be allowed by hand on each Mac: the stories leave WebKit out there, and say so."""
    if platform.system() == "Linux" or "webkit" in options.without:
        return []
    print(sentences.WEBKIT_LEFT_OUT.say(), file=sys.stderr)
    return ["webkit"]


class Engines:
    """`python -m tests.engines` readies them, says where they are, and ends them when its input closes."""

    def __init__(self, places: Places, options: TestOptions) -> None:
        self._without = [*options.without, *_not_had_here(options)]
        command = [str(places.python), "-m", "tests.engines"]
        command += [f"--without-{engine}" for engine in self._without]
        self._holder = subprocess.Popen(
            command,
            cwd=places.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Out of reach of Ctrl-C: PostgreSQL is stopped in order, after the tests.
            start_new_session=True,
        )

    def ready(self) -> dict[str, str]:
        """Environment variables that name the engines: TEST_DATABASE_URL, CHROMIUM."""
        said = self._holder.stdout.readline() if self._holder.stdout else ""
        if not said:
            raise Stop(sentences.ENGINE_MISSING, reason=f"tests.engines: exit {self._holder.wait()}")
        answer: dict[str, dict[str, str]] = json.loads(said)
        if "missing" in answer:
            raise Stop(sentences.Sentence(**answer["missing"]))
        return answer["environment"]

    def left_out(self) -> list[str]:
        """Pytest's arguments that deselect what is left out."""
        # Every test in a browser but those named otherwise needs Chromium.
        unwanted = [f"not {'browser' if engine == 'chromium' else engine}" for engine in self._without]
        return ["-m", " and ".join(unwanted)] if unwanted else []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._holder.stdin:
            self._holder.stdin.close()
        try:
            self._holder.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._holder.kill()
            self._holder.wait()
