"""SQLite databases that many tests begin with: made once for all workers of a run, and copied."""

import fcntl
import re
import shutil
from collections.abc import Callable
from pathlib import Path

# Folders of pytest's: one for each worker in the one of the run, or that of the run alone.
_WORKER, _RUN = re.compile(r"popen-gw\d+"), re.compile(r"pytest-\d+")


def copied(name: str, target: Path, make: Callable[[Path], object]) -> None:
    """`target` becomes a copy of what `make` made, at the path that it is given, for whoever asked first."""
    shared = _of_the_run(target)
    kept = shared / f"{name}.sqlite3"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            half = shared / f"{name}.half"
            make(half)
            half.rename(kept)
    shutil.copy(kept, target)


def _of_the_run(target: Path) -> Path:
    worker = next((one.parent for one in target.parents if _WORKER.fullmatch(one.name)), None)
    run = next((one for one in target.parents if _RUN.fullmatch(one.name)), None)
    # Outside of pytest nobody shares.
    return worker or run or target.parent
