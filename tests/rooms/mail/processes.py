"""Several processes at once. They are forked from one that has loaded the console, and begin together."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier

from config import Config

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(["webapp.app"])

# Takes the settings and the barrier behind which all of them begin.
Work = Callable[[Config, Barrier], None]


def run(count: int, work: Work, config: Config) -> list[int | None]:
    """Exit codes, negative for the signal that ended a process."""
    ready = START.Barrier(count)
    processes = [START.Process(target=work, args=(config, ready)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]
