"""The whole story in a real browser: from sign-in over the first message to the repaired channel."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Response, expect

from tests.flows.conftest import ON_BOTH, PEOPLE
from tests.flows.console import Console, console_in_threads, running_console
from tests.running import Sandbox, running_sandbox

pytestmark = pytest.mark.browser

MORNING = "@morninglight.coffee"
LIN = "林小姐"


class Seen:
    """Everything that the browser was sent: addresses, pages, answers."""

    def __init__(self, context: BrowserContext, console: Console) -> None:
        self.texts: list[str] = []
        self.console = console
        context.on("response", self._keep)

    def _keep(self, response: Response) -> None:
        if response.url.startswith(self.console.url) and "/static/" not in response.url:
            # The way back from Facebook holds the code once, by Meta's design; it leads on at once.
            self.texts.append(re.sub(r"/facebook/callback\?\S*", "/facebook/callback", response.url))
            self.texts.extend(response.headers.get(name, "") for name in ("location", "hx-trigger"))


def sign_in(page: Page, name: str) -> None:
    email, password = PEOPLE[name]
    page.goto("/")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("form[action='/sign-in'] button[type=submit]").click()
    # The page of the door has a heading too: whoever goes on before the answer is not in.
    page.wait_for_url(lambda url: "/sign-in" not in url)


def through_the_dialog(tab: Page, person: str, console: Console, *, everything: bool = False) -> None:
    """Facebook's side, as far as it asks: who, which Pages, accounts and permissions. All is ticked at first; later
    what was ticked before, or `everything` there is by now.
    """
    asked = tab.locator(f"button[name=person]:has-text('{person}'), #next, #allow, #continue").first
    all_of_them = tab.locator("input[name=which][value=all]")
    try:
        tab.wait_for_load_state()
        while not tab.url.startswith(console.url):
            if everything and all_of_them.count():
                all_of_them.check()
            asked.click()
            tab.wait_for_load_state()
    except Error:
        # The tab closes by itself as soon as it is not needed.
        assert tab.is_closed()


def until(condition: Callable[[], Any], what: str, patience: float = 20) -> Any:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {what}")


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path, fresh_database: str) -> Iterator[tuple[Console, Sandbox]]:
    """The story is told of the program itself, as it is started for people; only without scripts of one in threads."""
    start = console_in_threads if "scriptless" in request.fixturenames else running_console
    with running_sandbox() as sandbox, start(sandbox, tmp_path, fresh_database) as console:
        yield console, sandbox


@pytest.fixture
def seen(chinese: BrowserContext, console: Console) -> Iterator[Seen]:
    return Seen(chinese, console)  # type: ignore[return-value]


@ON_BOTH
def test_from_sign_in_to_repaired_channel(
    chinese: BrowserContext, console: Console, sandbox: Sandbox, seen: Seen
) -> None:
    page = chinese.new_page()
    violations: list[str] = []
    page.on("console", lambda said: violations.append(said.text) if "Content Security Policy" in said.text else None)
    sign_in(page, "alice")

    page.get_by_role("link", name="通訊渠道", exact=True).click()
    expect(page.get_by_text("還沒有串接任何帳號。")).to_be_visible()
    page.wait_for_load_state()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="串接 Instagram 帳號").click()
    expect(page.get_by_text("請在 Facebook 分頁完成授權")).to_be_visible()
    through_the_dialog(opened.value, LIN, console)

    # The page that asked learns of the grant by itself, within two seconds.
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("「林小姐」授權了")).to_be_visible(timeout=2_000)
    expect(dialog.get_by_text("不是商業帳戶")).to_be_visible()
    expect(dialog.get_by_text("連結尚未完成")).to_be_visible()
    dialog.get_by_role("checkbox", name=MORNING).check()
    dialog.get_by_role("button", name="串接 1 個帳號").click()
    expect(dialog.get_by_text(f"{MORNING} 已串接")).to_be_visible()
    dialog.get_by_role("link", name="完成").click()
    row = page.locator("li.account", has_text=MORNING)
    expect(row.get_by_text("已串接", exact=True)).to_be_visible()
    expect(page.get_by_text("1 個帳號運作正常。")).to_be_visible()

    # A customer writes; the conversation appears and is answered.
    page.get_by_role("link", name="對話").first.click()
    sandbox.control("dm", account=MORNING, customer="張雅婷", text="請問今天營業到幾點？ 😊")
    page.locator(".conversation", has_text="請問今天營業到幾點").first.click()
    expect(page.locator(".message", has_text="請問今天營業到幾點？ 😊")).to_be_visible()
    sandbox.control("dm", account=MORNING, customer="張雅婷", text="還是明天？")
    expect(page.locator(".message", has_text="還是明天？")).to_be_visible()
    page.locator("textarea[name=text]").fill("今天到晚上九點，歡迎！")
    page.locator("textarea[name=text]").press("Enter")
    answer = page.locator(".message", has_text="今天到晚上九點")
    expect(answer.get_by_text(re.compile("已傳送|已送達|已讀"))).to_be_visible()
    arrived = [one for talk in sandbox.look("state")["conversations"] for one in talk["messages"] if one["by_app"]]
    assert [one["text"] for one in arrived if "晚上九點" in one["text"]] == ["今天到晚上九點，歡迎！"]
    expect(answer).to_have_count(1)
    thread = page.url

    # The password changes at Facebook. The check notices; everywhere says the same.
    sandbox.control("causes", cause="password_changed", person=LIN, on=True)
    checking = chinese.new_page()
    checking.goto("/social-channels")
    checking.locator("li.account", has_text=MORNING).get_by_role("button", name="立即檢查").click()
    lost = checking.locator("li.account.is-lost", has_text=MORNING)
    expect(lost.get_by_text("串接失效", exact=True)).to_be_visible()
    expect(lost.get_by_text("Facebook 密碼已變更")).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("串接失效|失效"))).to_be_visible()
    for told in (page, checking):
        expect(told.locator("#says")).to_contain_text("串接失效、Facebook 密碼已變更")
    # What is written now waits for the repair, and says so.
    expect(page.locator("input[name=after_repair]")).to_have_count(1)

    mails = until(lambda: len(sandbox.mails()) >= 2 and sandbox.mails(), "one mail each for Alice and Carol")
    recipients = sorted(str(mail["to"]) for mail in mails)
    assert len(recipients) == 2
    assert all(name in text for name, text in zip(("alice@", "carol@"), recipients, strict=True))

    # A customer writes while the channel is lost: nothing inbound is thrown away.
    sandbox.control("dm", account=MORNING, customer="張雅婷", text="有人在嗎？")
    expect(page.locator(".message", has_text="有人在嗎？")).to_be_visible()

    # The mail's button leads to the channel; one click and Facebook's dialog repair it.
    letter = next(mail for mail in mails if "alice@" in str(mail["to"]))
    link = re.search(rf"{re.escape(console.url)}/w/aurora/channels/\d+\S*", str(letter["text"]))
    assert link, letter["text"]
    checking.goto(link.group())
    with checking.expect_popup() as opened:
        checking.get_by_role("button", name="重新授權").first.click()
    through_the_dialog(opened.value, LIN, console)
    expect(checking.get_by_text("重新授權成功").first).to_be_visible()
    checking.goto("/social-channels")
    expect(checking.locator("li.account.is-connected", has_text=MORNING)).to_be_visible()
    expect(page.locator("input[name=after_repair]")).to_have_count(0)
    expect(page.locator("textarea[name=text]")).to_be_visible()
    assert page.url == thread

    sandbox.control("dm", account=MORNING, customer="張雅婷", text="太好了")
    expect(page.locator(".message", has_text="太好了")).to_be_visible()
    assert len(sandbox.mails()) == 2
    assert violations == []
    check_that_no_secret_was_written(chinese, console, sandbox, seen)


def check_that_no_secret_was_written(context: BrowserContext, console: Console, sandbox: Sandbox, seen: Seen) -> None:
    """No token, code, secret or password in any page, address, log line or mail."""
    secrets = sandbox.secrets() | {password for _email, password in PEOPLE.values()}
    assert len(secrets) > 6
    assert '"POST /sign-in' in console.written() or "POST /sign-in" in console.written(), "the log is really there"
    pages = [page.content() for page in context.pages]
    mails = [str(mail) for mail in sandbox.mails()]
    for place, texts in {"log": [console.written()], "browser": seen.texts, "page": pages, "mail": mails}.items():
        for text in texts:
            assert [secret for secret in secrets if secret in text] == [], place


def test_the_story_without_javascript(scriptless: BrowserContext, console: Console, sandbox: Sandbox) -> None:
    page = scriptless.new_page()
    sign_in(page, "alice")
    page.get_by_role("link", name="Channels", exact=True).click()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect an Instagram account").click()
    tab = opened.value
    through_the_dialog(tab, LIN, console)
    # The tab where the dialog ended does everything itself.
    tab.get_by_role("checkbox", name=MORNING).check()
    tab.get_by_role("button", name="Connect", exact=True).click()
    expect(tab.get_by_text(f"{MORNING} Connected")).to_be_visible()
    tab.close()

    sandbox.control("dm", account=MORNING, customer="Kevin Wu", text="Do you deliver?")
    until(lambda: _shows(page, "/w/aurora/conversations", "Do you deliver?"), "the message")
    page.locator(".conversation", has_text="Do you deliver?").click()
    page.locator("textarea[name=text]").fill("Yes, within the city.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message", has_text="Yes, within the city.")).to_have_count(1)
    thread = page.url
    until(lambda: _shows(page, thread, "Sent"), "the reply was sent")

    sandbox.control("causes", cause="app_removed", person=LIN, on=True)
    page.goto("/social-channels")
    page.get_by_role("link", name=MORNING).click()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("The app was removed on Facebook").first).to_be_visible()
    until(lambda: len(sandbox.mails()) == 2, "two mails")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Reauthorise").first.click()
    tab = opened.value
    through_the_dialog(tab, LIN, console)
    expect(tab.get_by_text("Reauthorised", exact=True)).to_be_visible()
    tab.close()
    page.reload()
    expect(page.locator("h1").get_by_text("Connected")).to_be_visible()
    page.goto(thread)
    expect(page.locator("textarea[name=text]")).to_be_visible()

    page.goto("/social-channels")
    page.get_by_role("link", name=MORNING).click()
    page.get_by_role("link", name="Disconnect").click()
    expect(page.get_by_text("This stays")).to_be_visible()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("No account is connected yet.")).to_be_visible()


def _shows(page: Page, url: str, text: str) -> bool:
    page.goto(url)
    return page.get_by_text(text).count() > 0
