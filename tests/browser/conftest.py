"""One console, one sandbox and one signed-in Chromium for all tests of the scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.flows.console import Console, console_in_threads
from tests.flows.test_story import LIN, MORNING, sign_in, through_the_dialog
from tests.running import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def console(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("browser")
    with console_in_threads(sandbox, folder, f"sqlite:///{folder}/console.sqlite3") as running:
        yield running


@pytest.fixture(scope="module")
def alice(browser: Browser, console: Console, sandbox: Sandbox) -> Iterator[BrowserContext]:
    """Alice's browser, with one account connected."""
    context = browser.new_context(
        locale="en-GB", base_url=console.url, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    sign_in(page, "alice")
    page.goto("/social-channels")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect an Instagram account").click()
    through_the_dialog(opened.value, LIN, console)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox", name=MORNING).check()
    dialog.get_by_role("button", name="Connect 1 account").click()
    expect(dialog.get_by_role("link", name="Done")).to_be_visible()
    assert broken == []
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(alice: BrowserContext) -> Iterator[Page]:
    """A tab of hers; a script that breaks fails the test."""
    tab = alice.new_page()
    broken: list[str] = []
    tab.on("pageerror", lambda error: broken.append(str(error)))
    yield tab
    tab.close()
    assert broken == []
