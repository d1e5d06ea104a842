"""A program whose output is read while it runs."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class Piped:
    """`output` carries standard output and error together; `exit_code` is known after the `with` block."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        self._process = process
        self.output = output

    @property
    def exit_code(self) -> int:
        return self._process.returncode


@contextmanager
def piped(command: list[str], cwd: Path, environment: Mapping[str, str] | None = None) -> Iterator[Piped]:
    """When the reading is interrupted, the program is asked to end as well, and waited for."""
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        try:
            yield Piped(process, process.stdout)
        except BaseException:
            process.terminate()
            raise
