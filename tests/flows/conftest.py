"""Real programs and a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests import engines
from tests.flows.console import Console, console_in_threads
from tests.running import Sandbox, running_sandbox

PEOPLE = {name: (f"{name}@aurora.example", f"{name}-aurora-2026") for name in ("alice", "bob", "carol")}
expect.set_options(timeout=10_000)


# For a story that is told on both databases; the others are told on the embedded one.
ON_BOTH = pytest.mark.parametrize(
    "fresh_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path}/console.sqlite3"
        return
    with engines.fresh_database(engines.postgresql(), f"test_flow_{tmp_path.parent.name}_{tmp_path.name}"[:60]) as url:
        yield url


@pytest.fixture
def world(tmp_path: Path, fresh_database: str) -> Iterator[tuple[Console, Sandbox]]:
    """A console and a sandbox that know each other and nobody else."""
    with running_sandbox() as sandbox, console_in_threads(sandbox, tmp_path, fresh_database) as console:
        yield console, sandbox


@pytest.fixture
def console(world: tuple[Console, Sandbox]) -> Console:
    return world[0]


@pytest.fixture
def sandbox(world: tuple[Console, Sandbox]) -> Sandbox:
    return world[1]


@pytest.fixture
def chinese(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    """A browser that asks for Traditional Chinese."""
    context = browser.new_context(locale="zh-TW", base_url=console.url)
    yield context
    context.close()


@pytest.fixture
def scriptless(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    """An English browser without JavaScript."""
    context = browser.new_context(locale="en-GB", base_url=console.url, java_script_enabled=False)
    yield context
    context.close()
