"""A one-time link in real browsers: Alice sends it, 林小姐 repairs the account without an account of her own."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.flows.console import Console
from tests.flows.test_story import LIN, MORNING, sign_in, through_the_dialog, until
from tests.running import Sandbox

pytestmark = pytest.mark.browser


def connect_and_lose(member: BrowserContext, console: Console, sandbox: Sandbox) -> str:
    """An account that is connected and then lost; returns its page's address."""
    page = member.new_page()
    sign_in(page, "alice")
    page.goto("/social-channels")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect an Instagram account").click()
    tab = opened.value
    through_the_dialog(tab, LIN, console)
    tab.get_by_role("checkbox", name=MORNING).check()
    tab.get_by_role("button", name="Connect", exact=True).click()
    expect(tab.get_by_text(f"{MORNING} Connected")).to_be_visible()
    sandbox.control("causes", cause="password_changed", person=LIN, on=True)
    page.goto("/social-channels")
    page.get_by_role("link", name=MORNING).click()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("The Facebook password was changed").first).to_be_visible()
    return page.url


def press_and_go_through(guest: Page, button: str, person: str, console: Console) -> None:
    """In one tab, as a phone does it."""
    guest.get_by_role("button", name=button).click()
    guest.wait_for_url(lambda url: not url.startswith(console.url))
    through_the_dialog(guest, person, console)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_mailed_link_repairs_the_account(
    browser: Browser, scriptless: BrowserContext, console: Console, sandbox: Sandbox, scripts: bool
) -> None:
    where = connect_and_lose(scriptless, console, sandbox)
    member = scriptless.pages[0]
    member.get_by_role("link", name="Ask somebody else to reauthorise").click()
    member.locator("input[name=address]").fill("lin@shop.example")
    member.locator("select[name=locale]").select_option("zh_Hant_TW")
    member.get_by_role("button", name="Create a link").click()
    shown = member.get_by_role("textbox", name="Link", exact=True).input_value()

    mails = until(lambda: [one for one in sandbox.mails() if "lin@" in str(one["to"])], "the mail with the link")
    link = re.search(rf"{re.escape(console.url)}/repair/\S+", str(mails[0]["text"]))
    assert link, mails[0]["text"]
    assert link.group() == shown
    assert shown.rsplit("/", 1)[1] not in console.written()

    guest = browser.new_context(locale="zh-TW", java_script_enabled=scripts).new_page()
    guest.goto(shown)
    expect(guest.get_by_text("Facebook 密碼已變更")).to_be_visible()
    expect(guest.get_by_role("navigation")).to_have_count(0)
    press_and_go_through(guest, "前往 Facebook", "陳先生", console)
    expect(guest.get_by_text("請以「林小姐」登入 Facebook 後再試一次。")).to_be_visible()
    # Signed out at facebook.com, as the page advises: Facebook remembers who was there.
    guest.context.clear_cookies(name="sandbox_person")
    press_and_go_through(guest, "再試一次", LIN, console)
    expect(guest.get_by_text(f"完成，{MORNING} 已恢復運作")).to_be_visible()
    guest.goto(shown)
    expect(guest.get_by_text("這個連結已經用過了").first).to_be_visible()
    guest.goto(where)
    expect(guest.locator("input[name=password]")).to_be_visible()
    guest.context.close()

    member.goto(where)
    expect(member.locator("h1").get_by_text("Connected")).to_be_visible()
    member.get_by_role("link", name="Ask somebody else to reauthorise").click()
    expect(member.get_by_text("Used", exact=True).first).to_be_visible()
