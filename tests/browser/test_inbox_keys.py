"""The conversation page without a mouse: keys move, search, write and close, and take no letter from whoever types."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.flows.test_story import MORNING, until
from tests.running import Sandbox

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(alice: BrowserContext, sandbox: Sandbox) -> str:
    """The list, with two customers who wrote."""
    for customer, text in (("張雅婷", "請問有賣咖啡豆嗎"), ("Kevin Ho", "is this a t-shirt")):
        sandbox.control("dm", account=MORNING, customer=customer, text=text)
    page = alice.new_page()
    page.goto("/")
    page.get_by_role("link", name="Conversations").first.click()

    def arrived() -> str:
        page.reload()
        return page.url if page.locator(".conversation").count() == 2 else ""

    found: str = until(arrived, "two conversations")
    page.close()
    return found


def test_keys_find_open_write_and_close_and_a_draft_waits(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("j")
    expect(page.locator(".conversation").nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".conversation").nth(1)).to_be_focused()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.press_sequentially("咖啡")
    expect(page.locator("#conversation-list mark")).to_have_text("咖啡")
    expect(search).to_be_focused()
    page.locator("[id^=found-message]").press("Enter")
    expect(page.locator(".message:target")).to_contain_text("咖啡豆")
    page.keyboard.press("r")
    box = page.locator("textarea[name=text]")
    expect(box).to_be_focused()
    box.press_sequentially("jerk? e/")
    expect(box).to_have_value("jerk? e/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(address)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.locator("dialog:modal")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator(".conversation", has_text="咖啡豆").click()
    expect(box).to_have_value("jerk? e/")
    box.press("ControlOrMeta+Enter")
    expect(page.locator(".message.is-ours")).to_have_count(1)
    expect(box).to_have_value("")
    box.press("Escape")
    expect(page.get_by_role("region", name="Messages")).to_be_focused()
    page.keyboard.press("e")
    expect(page.get_by_role("status").get_by_text("closed this conversation")).to_be_visible()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    page.reload()
    expect(box).to_have_value("")


def test_a_tag_half_typed_survives_news_and_the_card_is_edited_in_place(
    page: Page, address: str, sandbox: Sandbox
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address)
    page.locator(".conversation", has_text="t-shirt").click()
    tag = page.get_by_label("Add a tag")
    tag.press_sequentially("VI")
    sandbox.control("dm", account=MORNING, customer="Kevin Ho", text="in blue please")
    expect(page.locator(".message", has_text="in blue please")).to_have_count(1)
    expect(tag).to_have_value("VI")
    expect(tag).to_be_focused()
    tag.press_sequentially("P")
    tag.press("Enter")
    expect(page.locator(".contact-tags .tag")).to_have_text("VIP")
    expect(tag).to_have_value("")
    page.get_by_role("link", name="Edit").click()
    # Becoming modal moves the focus; who types in the same instant types elsewhere.
    dialog = page.locator("dialog:modal")
    dialog.get_by_label("E-mail").fill("kevin@example.com")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".contact")).to_contain_text("kevin@example.com")
