"""Choosing among very many accounts on the real channels page."""

import pytest
from playwright.sync_api import Page, expect

from tests.flows.console import Console
from tests.flows.test_story import LIN, through_the_dialog
from tests.running import Sandbox

pytestmark = pytest.mark.browser

MANY = 500
ROWS = "#selection-list > li"
SCROLLS_SIDEWAYS = """(dialog) => [document.documentElement, dialog, dialog.querySelector(".dialog-body")]
  .some((one) => one.scrollWidth > one.clientWidth)"""


def shown(page: Page) -> int:
    return page.locator(f"{ROWS}:not([hidden])").count()


def test_five_hundred_accounts_are_searched_ticked_and_counted(page: Page, console: Console, sandbox: Sandbox) -> None:
    page.goto("/social-channels")
    with page.expect_popup() as opened:
        page.locator("#connect-account").click()
    through_the_dialog(opened.value, LIN, console)
    dialog = page.get_by_role("dialog")
    few = dialog.locator(ROWS)
    expect(few).to_have_count(6)
    search, master = dialog.get_by_role("searchbox"), dialog.locator("[data-select-all]")
    expect(search).to_have_count(0)

    sandbox.control("pages", person=LIN, count=MANY)
    with page.expect_popup() as opened:
        dialog.get_by_role("button", name="Edit settings on Facebook").click()
    through_the_dialog(opened.value, LIN, console, everything=True)
    expect(few).to_have_count(MANY + 6)
    button, told = dialog.locator("#choices-form .is-primary"), dialog.get_by_role("status").filter(has_text="ticked")
    expect(button).to_have_text("Connect")
    expect(told).to_contain_text("0 of 502 ticked")

    # By keyboard alone: the title has the focus, the search comes after the cross.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(search).to_be_focused()
    page.keyboard.type("42")
    found = shown(page)
    assert 1 < found < MANY
    expect(dialog.get_by_text(f"Select the {found} found")).to_be_visible()
    expect(told).to_contain_text(f"{found} found.")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(button).to_have_text(f"Connect {found} accounts")
    expect(told).to_contain_text(f"{found} of 502 ticked")
    ticked = dialog.locator(f"{ROWS}:has(:checked)")
    assert ticked.count() == len([name for name in ticked.all_text_contents() if "42" in name]) == found

    # What cannot be connected is found, and never ticked.
    search.fill("aming.photo")
    assert shown(page) == 1
    expect(master).to_be_disabled()
    search.fill("no such account")
    expect(dialog.get_by_text("No account matches.")).to_be_visible()
    expect(button).to_have_text(f"Connect {found} accounts")

    # Escape empties the search first; one box more is more than the plan allows only after very many.
    search.press("Escape")
    assert shown(page) == MANY + 6
    assert master.evaluate("(box) => box.indeterminate && !box.checked")
    expect(dialog.get_by_text("Your plan has room for 19 more accounts.")).to_be_visible()
    master.check()
    expect(button).to_have_text("Connect 502 accounts")
    expect(button).to_be_disabled()
    expect(dialog.locator(".room.error")).to_be_visible()
    master.uncheck()
    expect(button).to_be_enabled()

    page.set_viewport_size({"width": 390, "height": 844})
    assert not dialog.evaluate(SCROLLS_SIDEWAYS)
    expect(button).to_be_in_viewport()
    expect(search).to_be_in_viewport()

    search.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#connect-account")).to_be_focused()
