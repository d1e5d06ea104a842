"""Dialogs, menus, toasts and polls on the real channels page."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.flows.test_story import MORNING
from tests.running import Sandbox

pytestmark = pytest.mark.browser

HIDE = "Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})"
SHOW = """Object.defineProperty(document, 'hidden', {get: () => false, configurable: true});
          document.dispatchEvent(new Event('visibilitychange'));"""
POLL = re.compile(r"/social-channels/accounts\?")
# What the browser did with our wish to copy; it works as before.
NOTE_REFUSAL = """
  const copy = document.execCommand.bind(document);
  document.execCommand = (name) => !(window.isRefused = !copy(name));
"""
REFUSE = """
  Object.defineProperty(navigator, "clipboard", {value: %s});
  document.execCommand = () => false;
"""
# On an address without https a browser has no clipboard to offer; beside others it may never answer.
CLIPBOARDS = {"none": "undefined", "silent": "{writeText: () => new Promise(() => {})}"}


@pytest.fixture
def channels(page: Page) -> Page:
    page.goto("/social-channels")
    return page


def open_menu(page: Page) -> None:
    page.locator("li.account", has_text=MORNING).locator("summary").click()


def open_dialog(page: Page) -> None:
    open_menu(page)
    page.get_by_role("link", name="Disconnect").click()
    expect(page.locator("dialog:modal")).to_be_visible()


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.tagName + '#' + document.activeElement.id")
    return found


@pytest.mark.parametrize("way", ["Escape", "Cancel", "Close"])
def test_a_dialog_takes_the_focus_and_gives_it_back(channels: Page, way: str) -> None:
    open_dialog(channels)
    assert focused(channels) == "H2#disconnection-title"
    before = channels.url
    if way == "Escape":
        channels.keyboard.press("Escape")
    else:
        button = channels.get_by_role("dialog").get_by_role("link", name=way).first
        # At once: whoever goes on by keyboard does not wait for the browser to tell that the dialog is closed.
        assert button.evaluate("one => { one.click(); return document.activeElement.tagName; }") == "SUMMARY"
    expect(channels.locator("dialog")).to_have_count(0)
    assert focused(channels).startswith("SUMMARY")
    assert channels.url == before


def test_the_focus_stays_inside_an_open_dialog(channels: Page) -> None:
    open_dialog(channels)
    for _ in range(6):
        channels.keyboard.press("Tab")
        # Past the last element the browser's own frame has its turn, never the page behind.
        assert channels.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(channels: Page) -> None:
    menu = channels.locator("li.account details.menu[open]")
    open_menu(channels)
    expect(menu).to_have_count(1)
    channels.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    assert focused(channels).startswith("SUMMARY")
    open_menu(channels)
    channels.locator("h1").click()
    expect(menu).to_have_count(0)


def test_news_wait_while_a_menu_is_open(channels: Page) -> None:
    asked: list[str] = []
    channels.on("request", lambda request: asked.append(request.url) if POLL.search(request.url) else None)
    open_menu(channels)
    channels.evaluate("htmx.trigger('#accounts', 'news')")
    channels.keyboard.press("Escape")
    assert asked == []
    with channels.expect_request(POLL):
        channels.evaluate("htmx.trigger('#accounts', 'news')")


def test_what_somebody_unfolded_stays_so_when_there_are_news(channels: Page, sandbox: Sandbox) -> None:
    channels.get_by_role("link", name=MORNING).click()
    for is_off, status in ((True, "Needs attention"), (False, "Connected")):
        sandbox.control("causes", cause="message_access_off", account=MORNING, on=is_off)
        channels.get_by_role("button", name="Check now").click()
        expect(channels.locator("h1 .chip", has_text=status)).to_be_visible()
    fold = channels.locator("details.incident").first
    fold.locator("summary").click()
    before = fold.element_handle()
    channels.evaluate("htmx.ajax('GET', location.pathname + '/state', {target: '[id$=-state]', swap: 'outerHTML'})")
    expect(fold).to_have_attribute("open", "")
    assert not before.evaluate("(element) => element.isConnected")


def test_what_was_done_is_said_and_the_word_can_be_closed(channels: Page) -> None:
    channels.get_by_role("button", name="Check now").click()
    toast = channels.locator(".toast.is-good")
    expect(toast).to_contain_text("works")
    toast.get_by_role("button").click()
    expect(toast).to_have_count(0)


def test_an_action_that_fails_says_so_and_the_page_stays(channels: Page) -> None:
    channels.route("**/check", lambda route: route.fulfill(status=500, body=""))
    channels.get_by_role("button", name="Check now").click()
    expect(channels.locator(".toast.is-bad")).to_contain_text("did not go through")
    expect(channels.locator("li.account", has_text=MORNING)).to_be_visible()


def test_silence_is_said_after_three_polls_and_taken_back(channels: Page) -> None:
    note = channels.locator("[data-offline-note]")
    abort = lambda route: route.abort()  # noqa: E731
    channels.route(POLL, abort)
    for _ in range(3):
        expect(note).to_be_hidden()
        with channels.expect_event("requestfailed"):
            channels.evaluate("htmx.trigger('#accounts', 'news')")
    expect(note).to_be_visible()
    expect(channels.locator(".toast")).to_have_count(0)
    channels.unroute(POLL, abort)
    channels.evaluate("htmx.trigger('#accounts', 'news')")
    expect(note).to_be_hidden()


def test_a_poll_that_the_server_refuses_is_nobodys_business(channels: Page) -> None:
    origin = channels.evaluate("location.origin")
    channels.route(POLL, lambda route: route.continue_(url=f"{origin}/nowhere"))
    with channels.expect_event("requestfinished"):
        channels.evaluate("htmx.trigger('#accounts', 'news')")
    channels.wait_for_timeout(100)
    expect(channels.locator(".toast")).to_have_count(0)


def test_a_hidden_tab_asks_rarely_and_at_once_when_seen_again(channels: Page) -> None:
    asked: list[str] = []

    def count(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    channels.route(POLL, count)
    with channels.expect_response(POLL):
        pass
    channels.evaluate(HIDE)
    before = len(asked)
    channels.wait_for_timeout(4_500)
    assert len(asked) == before
    with channels.expect_response(POLL, timeout=1_500):
        channels.evaluate(SHOW)


def test_news_of_another_tab_reaches_a_hidden_one(channels: Page) -> None:
    with channels.expect_response(POLL):
        pass
    channels.evaluate(HIDE)
    other = channels.context.new_page()
    other.goto("/social-channels")
    with channels.expect_response(POLL, timeout=2_000):
        other.evaluate("new BroadcastChannel('omnichat').postMessage({kind: 'changed'})")
    other.close()


def test_the_next_page_is_asked_for_alone(channels: Page) -> None:
    """Its stylesheets and scripts the browser has, and does not even ask whether they are still true."""
    channels.goto("/")
    asked = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/static/'))"
    used = channels.evaluate(f"{asked}.map((one) => [one.name, one.transferSize])")
    assert len(used) > 15
    assert [name for name, size in used if size] == []


def new_link(channels: Page) -> str:
    channels.get_by_role("link", name=MORNING).click()
    channels.get_by_role("link", name="Ask somebody else to reauthorise").click()
    channels.get_by_role("button", name="Create a link").click()
    shown = channels.locator("#repair-link").input_value()
    # A new page: its scripts run once all of it is here.
    channels.wait_for_load_state()
    return shown


def test_a_repair_link_is_copied_by_its_button(channels: Page) -> None:
    """Beside other windows a browser may refuse both ways to copy; then the page says so, and never that it copied."""
    channels.add_init_script(NOTE_REFUSAL)
    shown = new_link(channels)
    channels.bring_to_front()
    channels.get_by_role("button", name="Copy the link").click()
    expect(channels.locator(".toast")).to_have_count(1)
    if channels.evaluate("window.isRefused"):
        expect(channels.locator(".toast")).to_contain_text("It is selected.")
        return
    expect(channels.locator(".toast.is-good")).to_contain_text("The link is copied.")
    note = channels.locator("#repair-link")
    note.evaluate("(field) => { field.readOnly = false; field.value = ''; field.focus(); }")
    channels.keyboard.press("ControlOrMeta+V")
    expect(note).to_have_value(shown)


@pytest.mark.parametrize("clipboard", CLIPBOARDS)
def test_a_link_that_the_browser_does_not_copy_is_selected_and_said_to_be(channels: Page, clipboard: str) -> None:
    channels.add_init_script(REFUSE % CLIPBOARDS[clipboard])
    shown = new_link(channels)
    channels.get_by_role("button", name="Copy the link").click()
    expect(channels.locator(".toast.is-info")).to_contain_text("It is selected. Copy it with Ctrl+C")
    expect(channels.locator(".toast.is-good")).to_have_count(0)
    expect(channels.locator("#repair-link")).to_be_focused()
    selected = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    assert channels.locator("#repair-link").evaluate(selected) == shown


def test_where_no_tab_may_open_the_page_goes_on_in_its_own(channels: Page) -> None:
    """A browser that blocks pop-ups drops the form's request; the page learns of no trip."""
    channels.evaluate(
        "document.addEventListener('submit', (event) => event.target.target === '_blank' && event.preventDefault())"
    )
    channels.get_by_role("button", name="Connect an Instagram account").click()
    here = channels.get_by_role("button", name="Continue in this tab")
    expect(here).to_be_visible()
    # The notice is drawn anew by every poll; the offer stays.
    with channels.expect_response(re.compile(r"/authorizations/watch\?since=\d+&pressed=")):
        pass
    here.click()
    expect(channels).to_have_url(re.compile(r"/dialog/"))
