"""The sandbox's own page in a real browser: played in place, fresh by itself, and as good without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Sandbox, running_sandbox
from tests.sandbox.stand import KEVIN, LIN, MORNING_IG, YATING, Stand

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def played() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        stand = Stand(running.url, running.app)
        stand.subscribed(stand.log_in(LIN))
        yield running


@pytest.fixture
def tab(browser: Browser, played: Sandbox) -> Iterator[Page]:
    context = browser.new_context(base_url=played.url, viewport={"width": 390, "height": 800})
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert broken == []


def test_everything_is_played_in_place_and_the_page_stays_fresh(tab: Page, played: Sandbox) -> None:
    tab.goto("/?lang=en")
    tab.evaluate("window.stayed = true")
    words = tab.get_by_placeholder("Write as")
    words.fill("兩杯拿鐵")
    words.press("Enter")
    newest = tab.locator(".bubble").last
    expect(newest).to_contain_text("兩杯拿鐵")
    expect(words).to_have_value("")

    newest.locator("summary").click()
    newest.get_by_role("textbox").fill("三杯拿鐵")
    newest.get_by_role("button", name="Edit").click()
    expect(newest).to_contain_text("edited")
    tab.get_by_role("button", name="Photo").click()
    expect(tab.locator(".bubble img.shot")).to_have_js_property("complete", True)
    expect(tab.locator(".bubble img.shot")).not_to_have_js_property("naturalWidth", 0)

    switch = tab.get_by_role("button", name="Switch on: Security check")
    switch.click()
    pressed = tab.get_by_role("button", name="Switch off: Security check")
    expect(pressed).to_be_focused()
    expect(tab.get_by_text("facebook.com first")).to_be_visible()
    pressed.click()

    words.fill("half a sentence")
    played.control("reply", account=MORNING_IG, customer=YATING, text="馬上準備")
    expect(tab.locator(".bubble.theirs").last).to_contain_text("馬上準備")
    expect(words).to_have_value("half a sentence")

    tab.get_by_label("Speed").select_option("20")
    tab.get_by_role("button", name="Instagram comes unlinked").click()
    expect(tab.locator("#show")).to_contain_text("Finished")
    expect(tab.locator("#show")).to_contain_text("Instagram needs attention")
    tab.get_by_label("Speed").select_option("Step by step")
    tab.get_by_role("button", name="Two-factor at night").click()
    tab.get_by_role("button", name="Next step").click()
    expect(tab.locator("#show")).to_contain_text("1/4")
    tab.get_by_role("button", name="Stop").click()
    expect(tab.locator("#show")).to_contain_text("Stopped")
    assert tab.evaluate("window.stayed")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_it_plays_without_scripts_too(browser: Browser, played: Sandbox) -> None:
    context = browser.new_context(base_url=played.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/?account={MORNING_IG}&customer={KEVIN}&lang=en")
    page.get_by_placeholder("Write as Kevin Wu").fill("No script here")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".bubble").last).to_contain_text("No script here")
    page.locator(".bubble").last.locator("summary").click()
    page.locator(".bubble").last.get_by_role("button", name="Unsend").click()
    expect(page.locator(".bubble").last).to_contain_text("Message unsent")
    context.close()
