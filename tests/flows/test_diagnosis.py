"""The diagnosis in a real browser: progress by itself, the live test ticks, and all of it without scripts."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.flows.console import Console
from tests.flows.test_story import LIN, MORNING, sign_in, through_the_dialog
from tests.running import Sandbox

pytestmark = pytest.mark.browser
PAGE = "102938475610293"


def connect(page: Page, console: Console) -> None:
    page.goto("/w/aurora/social-channels")
    with page.expect_popup() as opened:
        page.locator("form[action$='/authorizations'] button").first.click()
    through_the_dialog(opened.value, LIN, console)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox", name=MORNING).check()
    dialog.get_by_role("button", name="串接 1 個帳號").click()
    expect(dialog.get_by_text(f"{MORNING} 已串接")).to_be_visible()


def test_a_person_sees_what_is_wrong_mends_it_and_watches_a_message_arrive(
    chinese: BrowserContext, scriptless: BrowserContext, console: Console, sandbox: Sandbox
) -> None:
    page = chinese.new_page()
    violations: list[str] = []
    page.on("console", lambda said: violations.append(said.text) if "Content Security Policy" in said.text else None)
    sign_in(page, "alice")
    connect(page, console)
    sandbox.control("causes", cause="message_access_off", page=PAGE, on=True)

    page.goto("/w/aurora/social-channels")
    row = page.locator("li.account", has_text=MORNING)
    row.locator("details.menu summary").click()
    row.get_by_role("link", name="收不到訊息？").click()
    page.get_by_role("button", name="開始診斷").click()
    expect(page.locator("#diagnosis .alert")).to_contain_text("「允許使用訊息功能」已關閉")
    expect(page.locator("#diagnosis .alert")).to_contain_text("已連結的工具（Connected tools）")
    expect(page.locator("#check-access")).to_contain_text("異常")
    expect(page.locator("#check-token")).to_contain_text("正常")

    sandbox.control("causes", cause="message_access_off", page=PAGE, on=False)
    page.get_by_role("button", name="重新診斷").click()
    expect(page.locator("#diagnosis .alert")).to_contain_text("能查的項目都正常")
    expect(page.locator("#check-access")).to_contain_text("比上次好")

    page.get_by_role("button", name="開始即時測試").first.click()
    expect(page.locator("#live-test")).to_contain_text("請現在用另一個帳號私訊")
    sandbox.control("dm", account=MORNING, customer="張雅婷", text="測試")
    expect(page.locator("#live-test")).to_contain_text(re.compile(r"已送達，花了 \d+\.\d 秒"))
    assert violations == []

    plain = scriptless.new_page()
    sign_in(plain, "alice")
    plain.goto(page.url)
    plain.get_by_role("button", name="Look again").click()
    expect(plain.locator("#diagnosis .alert")).to_contain_text("Everything that can be looked at works")
    plain.get_by_role("button", name="Test again").click()
    # Whoever writes before the page is here finds on it that the message has arrived, and no button.
    look = plain.get_by_role("button", name="Look whether it arrived")
    expect(look).to_be_visible()
    sandbox.control("dm", account=MORNING, customer="張雅婷", text="again")
    sandbox.control("settle")
    look.click()
    expect(plain.locator("#live-test")).to_contain_text(re.compile("It arrived after|now, from another account"))
