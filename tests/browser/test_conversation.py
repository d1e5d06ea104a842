"""Typing, sending and reading in a real conversation: nothing typed is lost, nothing is sent by accident."""

import base64
import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.flows.test_story import MORNING, until
from tests.running import Sandbox

pytestmark = pytest.mark.browser

THREAD = "document.querySelector('[data-thread]')"
TO_END = f"{THREAD}.scrollHeight - {THREAD}.scrollTop - {THREAD}.clientHeight"
CUSTOMER = "張雅婷"


@pytest.fixture(scope="module")
def address(alice: BrowserContext, sandbox: Sandbox) -> str:
    """A conversation that is longer than the screen."""
    for number in range(30):
        sandbox.control("dm", account=MORNING, customer=CUSTOMER, text=f"question {number}")
    page = alice.new_page()

    def arrived() -> str:
        page.goto("/")
        page.get_by_role("link", name="Conversations").first.click()
        page.locator(".conversation", has_text=CUSTOMER).first.click()
        return page.url if page.locator(".message").count() >= 30 else ""

    found: str = until(arrived, "thirty messages")
    page.close()
    return found


@pytest.fixture
def thread(page: Page, address: str) -> Page:
    page.set_viewport_size({"width": 1280, "height": 700})
    page.goto(address)
    expect(page.locator("textarea[name=text]")).to_be_visible()
    return page


def box(page: Page) -> Locator:
    return page.locator("textarea[name=text]")


def sent(page: Page, text: str) -> Locator:
    return page.locator(".message", has_text=text)


def customer_writes(page: Page, sandbox: Sandbox, text: str) -> None:
    sandbox.control("dm", account=MORNING, customer=CUSTOMER, text=text)
    expect(sent(page, text)).to_have_count(1)


def test_enter_that_confirms_a_candidate_never_sends(thread: Page) -> None:
    box(thread).fill("半句話")
    for event in ("{key: 'Enter', isComposing: true", "{key: 'Enter', keyCode: 229"):
        box(thread).evaluate(f"area => area.dispatchEvent(new KeyboardEvent('keydown', {event}, bubbles: true}}))")
    thread.wait_for_timeout(600)
    expect(box(thread)).to_have_value("半句話")
    expect(sent(thread, "半句話")).to_have_count(0)


def test_enter_sends_once_and_shift_enter_breaks_the_line(thread: Page) -> None:
    box(thread).fill("first line")
    box(thread).press("Shift+Enter")
    box(thread).press_sequentially("second line")
    expect(box(thread)).to_have_value("first line\nsecond line")
    box(thread).press("Enter")
    expect(sent(thread, "second line")).to_have_count(1)
    expect(box(thread)).to_have_value("")


def test_what_is_too_long_is_counted_in_characters_and_not_sent(thread: Page) -> None:
    box(thread).fill("字" * 340)
    expect(thread.locator("[data-bytes-for]")).to_have_text("characters too many: 7")
    box(thread).press("Enter")
    thread.wait_for_timeout(600)
    expect(box(thread)).to_have_value("字" * 340)


def test_a_draft_and_its_caret_survive_news(thread: Page, sandbox: Sandbox) -> None:
    box(thread).fill("half a sentence")
    box(thread).evaluate("area => area.setSelectionRange(4, 4)")
    customer_writes(thread, sandbox, "are you there")
    expect(box(thread)).to_have_value("half a sentence")
    expect(box(thread)).to_be_focused()
    assert box(thread).evaluate("area => area.selectionStart") == 4


def test_a_height_that_a_script_gave_is_not_carried_over_by_news(thread: Page, sandbox: Sandbox) -> None:
    refused: list[str] = []
    thread.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    thread.locator("input[name=tag]").evaluate("box => { box.style.height = '60px'; }")
    customer_writes(thread, sandbox, "the card is drawn anew")
    expect(thread.locator("input[name=tag]")).not_to_have_attribute("style", re.compile("."))
    assert refused == []


def test_a_thread_follows_at_its_end_and_keeps_its_place_above(thread: Page, sandbox: Sandbox) -> None:
    assert thread.evaluate(TO_END) < 2
    customer_writes(thread, sandbox, "follow me")
    assert thread.evaluate(TO_END) < 2
    thread.evaluate(f"{THREAD}.scrollTop = 200")
    thread.wait_for_timeout(150)
    seen = "document.querySelectorAll('[data-message]')[5].getBoundingClientRect().top"
    before = thread.evaluate(seen)
    customer_writes(thread, sandbox, "stay where you are")
    assert abs(thread.evaluate(seen) - before) < 2
    pill = thread.locator("[data-new-messages]")
    expect(pill).to_be_visible()
    pill.get_by_role("button").click()
    assert thread.evaluate(TO_END) < 2
    expect(pill).to_be_hidden()


def test_an_own_message_brings_the_thread_to_its_end(thread: Page) -> None:
    thread.evaluate(f"{THREAD}.scrollTop = 100")
    box(thread).fill("back to the end")
    box(thread).press("Enter")
    expect(sent(thread, "back to the end")).to_have_count(1)
    thread.wait_for_function(f"{TO_END} < 2")


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
BRING = """([event, name, size]) => {
  const held = new DataTransfer();
  held.items.add(new File([new Uint8Array(size)], name, {type: "image/png"}));
  const [target, made] = event === "paste"
    ? ["textarea[name=text]", new ClipboardEvent("paste", {clipboardData: held, bubbles: true, cancelable: true})]
    : ["[data-thread]", new DragEvent("drop", {dataTransfer: held, bubbles: true, cancelable: true})];
  document.querySelector(target).dispatchEvent(made);
}"""


def test_files_are_chosen_pasted_and_dropped_shown_checked_and_sent(thread: Page) -> None:
    chosen = thread.locator(".file-row")
    thread.locator("input[type=file]").set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": PNG})
    expect(chosen).to_have_count(1)
    expect(chosen.locator("img")).to_have_attribute("src", re.compile("^data:image/png"))
    thread.evaluate(BRING, ["paste", "pasted.png", 100])
    expect(chosen).to_have_count(2)
    thread.evaluate(BRING, ["drop", "large.png", 8 * 1024 * 1024 + 1])
    expect(thread.locator("[data-file-problem]")).to_have_text("large.png is too large: at most 8 MB can be sent.")
    chosen.filter(has_text="pasted.png").get_by_role("button").click()
    expect(chosen).to_have_count(1)
    expect(box(thread)).to_be_focused()
    box(thread).press("Enter")
    picture = thread.locator('.message.is-ours img[alt="cup.png"]')
    expect(picture).to_have_count(1)
    expect(chosen).to_have_count(0)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1


def test_a_file_that_is_added_while_others_go_up_waits_for_the_next_reply(thread: Page) -> None:
    chosen = thread.locator(".file-row")
    held: list[Route] = []
    thread.route("**/messages", lambda route: held.append(route))
    thread.locator("input[type=file]").set_input_files({"name": "first.png", "mimeType": "image/png", "buffer": PNG})
    with thread.expect_request("**/messages"):
        box(thread).press("Enter")
    thread.evaluate(BRING, ["paste", "second.png", 100])
    expect(chosen).to_have_count(2)
    held.pop().continue_()
    expect(thread.locator('.message.is-ours img[alt="first.png"]')).to_have_count(1)
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("second.png")
