"""No main page breaks a rule of WCAG 2 A and AA that a machine can see broken (axe-core)."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.flows.console import Console
from tests.flows.test_story import LIN, MORNING, through_the_dialog, until
from tests.running import Sandbox

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parents[1] / "vendor" / "axe" / "axe.min.js").read_text()
RUN = """
  axe.run(document, {runOnly: ["wcag2a", "wcag2aa"], resultTypes: ["violations"]}).then(({violations}) =>
    violations.flatMap(({id, nodes}) =>
      nodes.map(({target, any}) => `${id}: ${target.join(" ")} ${any[0]?.message ?? ""}`)))
"""
# Light in English and dark in Chinese: what one language or scheme alone breaks is seen in two passes instead of four.
LOOKS = {"en": "light", "zh_Hant_TW": "dark"}


def look(page: Page, console: Console, language: str) -> None:
    page.context.add_cookies([{"name": "language", "value": language, "url": console.url}])
    page.emulate_media(color_scheme="dark" if LOOKS[language] == "dark" else "light")


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    return [f"{page.url}: {one}" for one in found]


@pytest.fixture(scope="module")
def addresses(alice: BrowserContext, sandbox: Sandbox) -> list[str]:
    """The main pages, with something in them: a conversation, a lost account, a link for its owner."""
    page = alice.new_page()
    sandbox.control("dm", account=MORNING, customer="張雅婷", text="Are you open?")

    def thread() -> str:
        page.goto("/w/aurora/conversations")
        if not page.locator(".conversation").count():
            return ""
        page.locator(".conversation").first.click()
        expect(page.locator(".message").first).to_be_visible()
        return page.url

    found = [until(thread, "the conversation")]
    page.get_by_label("Add a tag").fill("VIP")
    page.get_by_label("Add a tag").press("Enter")
    expect(page.locator(".tag", has_text="VIP").first).to_be_visible()
    sandbox.control("causes", cause="password_changed", person=LIN, on=True)
    page.goto("/social-channels")
    page.get_by_role("link", name=MORNING).click()
    channel = page.url
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("The Facebook password was changed").first).to_be_visible()
    sandbox.control("causes", cause="password_changed", person=LIN, on=False)
    page.get_by_role("link", name="Ask somebody else to reauthorise").click()
    page.get_by_role("button", name="Create a link").click()
    found += [channel, f"{channel}/diagnosis", page.url, page.locator("#repair-link").input_value()]
    page.close()
    pages = ("/w/aurora", "/social-channels", "/w/aurora/conversations", "/w/aurora/tags", "/scheduler", "/account")
    return [*found, *pages]


@pytest.mark.parametrize("language", LOOKS)
def test_every_main_page_keeps_the_rules(
    page: Page, alice: BrowserContext, console: Console, addresses: list[str], language: str
) -> None:
    look(page, console, language)
    broken = []
    for address in addresses:
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        broken += violations(page)
    assert broken == []


@pytest.mark.parametrize("language", LOOKS)
def test_signing_in_and_choosing_accounts_keep_the_rules(
    page: Page, alice: BrowserContext, console: Console, language: str
) -> None:
    look(page, console, language)
    page.goto("/social-channels")
    with page.expect_popup() as opened:
        page.locator("#accounts form[action$='/authorizations'] button").first.click()
    through_the_dialog(opened.value, LIN, console)
    expect(page.locator("dialog[open] #selection-list")).to_be_visible()
    broken = violations(page)
    signed_out = alice.browser.new_context(base_url=console.url) if alice.browser else None
    assert signed_out is not None
    door = signed_out.new_page()
    look(door, console, language)
    door.goto("/sign-in")
    broken += violations(door)
    signed_out.close()
    assert broken == []


def test_a_broken_rule_is_seen(page: Page) -> None:
    page.goto("/account")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert "html-has-lang" in str(violations(page))
