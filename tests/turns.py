"""Who runs what when, if several workers share the tests.

What watches real programs takes seconds and mostly waits; the rest takes milliseconds and computes. They take turns,
so that a core is never idle, no two dozen browsers start at once, and nothing long is left for the end.
"""

from typing import Protocol, TypeVar

import pytest
from xdist.scheduler import LoadScopeScheduling

# Each of these tests is a story of its own with its own programs: any worker may take the next.
STORIES = ("tests/flows/", "tests/launcher/", "tests/causes/")
# The tests of such a module share one console and one browser: whoever has begun it, ends it.
SHARED = ("tests/browser/", "tests/stories/")
# They fork processes from one that has loaded the console: it is loaded once for all of them.
FORKED = (
    "tests/flows/test_durable",
    "tests/rooms/mail/test_processes",
    "tests/rooms/scheduler/test_kills",
    "tests/rooms/scheduler/test_processes",
)
LONG = (*STORIES, *SHARED, *FORKED)
# The part of the run in which the long ones begin; after it there is only what ends soon.
BY_THEN = 0.8


class Item(Protocol):
    @property
    def nodeid(self) -> str: ...


T = TypeVar("T", bound=Item)


class Turns(LoadScopeScheduling):
    """A worker takes a story, or what a module does on one engine, as soon as it has little left to do."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def share_of(nodeid: str) -> str:
    """What is not torn apart: the test itself, those of its module that use the same database, or those that fork."""
    if nodeid.startswith(FORKED):
        return "forked"
    if nodeid.startswith(STORIES):
        return nodeid
    module, _, test = nodeid.partition("::")
    is_on_postgresql = "[postgresql" in test and not nodeid.startswith(SHARED)
    return f"{module}[postgresql]" if is_on_postgresql else module


def in_turns(tests: list[T]) -> list[T]:
    """The same tests, the long ones evenly among the others."""
    long = [one for one in tests if one.nodeid.startswith(LONG)]
    short = [one for one in tests if not one.nodeid.startswith(LONG)]
    places = {id(one): place * BY_THEN * len(short) / len(long) for place, one in enumerate(long)}
    places |= {id(one): place for place, one in enumerate(short)}
    return sorted(tests, key=lambda one: places[id(one)])


def scheduling(config: pytest.Config, log: object) -> Turns:
    config.option.loadscopereorder = False
    return Turns(config, log)
