"""The control page, read as a person without scripts reads it."""

import html
import json
import re
from pathlib import Path

import pytest
import requests

import sandbox
from sandbox import media, texts
from sandbox.causes import TABLE
from tests.sandbox.stand import AMING_IG, LIN, MORNING, MORNING_IG, PAGE_CUSTOMER, YATING, Stand

ROOM = Path(sandbox.__file__).parent


def page(stand: Stand, query: str = "") -> str:
    answer = requests.get(f"{stand.origin}/{query}", timeout=5)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_it_shows_accounts_conversation_and_switches(stand: Stand) -> None:
    text = page(stand)
    for words in ("@morninglight.coffee", "巷口書店", "想訂 20 杯拿鐵", "更改密碼", "Graph 請求"):
        assert words in text
    assert '<html lang="zh-Hant-TW">' in text


def test_it_speaks_english_and_remembers(stand: Stand) -> None:
    with requests.Session() as browser:
        browser.get(f"{stand.origin}/?lang=en", timeout=5)
        text = browser.get(f"{stand.origin}/", timeout=5).text
    assert '<html lang="en">' in text
    assert "Password changed" in text


def test_it_says_whether_the_app_hears_of_messages(stand: Stand) -> None:
    assert "現在不會通知" in page(stand)
    stand.subscribed(stand.log_in(LIN))
    assert "訊息會送到 Omnichat" in page(stand)


def test_a_message_written_in_the_phone_appears_in_it(stand: Stand) -> None:
    form = {"account": MORNING_IG, "customer": YATING, "text": "<i>你好</i>", "back": "/"}
    answer = requests.post(f"{stand.origin}/control/dm", data=form, timeout=5)
    assert "&lt;i&gt;你好&lt;/i&gt;" in answer.text


def test_every_switch_on_the_page_can_be_pressed(stand: Stand) -> None:
    stand.log_in(LIN)
    forms = re.findall(
        r'<form method="post" action="/control/causes" class="switch-row">(.*?)</form>', page(stand), re.DOTALL
    )
    names = set()
    for form in forms:
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        names.add(fields["cause"])
        answer = requests.post(f"{stand.origin}/control/causes", data=fields, allow_redirects=False, timeout=5)
        assert answer.status_code == 303, fields
    assert names == set(TABLE)


def test_a_pressed_switch_shows_as_on(stand: Stand) -> None:
    stand.cause("password_changed", person=LIN)
    stand.cause("message_access_off", page=MORNING)
    text = page(stand, f"?account={MORNING_IG}&person={LIN}")
    assert 'aria-label="關掉：更改密碼"' in text
    assert 'aria-label="關掉：關閉「允許使用訊息功能」"' in text
    assert '<span class="mark">不是商業帳戶</span>' in text


@pytest.mark.parametrize("query", ["?account=nonsense", "?customer=1&person=2", f"?account={AMING_IG}", "?lang=xx"])
def test_odd_addresses_still_show_the_page(stand: Stand, query: str) -> None:
    assert "@morninglight.coffee" in page(stand, query)


def test_requests_and_deliveries_are_listed(stand: Stand) -> None:
    token = stand.subscribed(stand.log_in(LIN))
    stand.control("dm", account=MORNING_IG, customer=YATING, text="hi")
    stand.control("settle")
    text = page(stand)
    assert f"/v25.0/{MORNING}/subscribed_apps" in text
    assert "已送達" in text
    assert token not in text


def test_what_cannot_be_played_is_a_page_with_the_way_back(stand: Stand) -> None:
    form = {"cause": "slow", "on": "1", "seconds": "abc", "back": "/?account=1"}
    answer = requests.post(f"{stand.origin}/control/causes", data=form, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (400, "text/html")
    assert "seconds and times must be numbers." in answer.text
    assert 'href="/?account=1"' in answer.text


def test_no_page_has_inline_script_or_style() -> None:
    for template in (ROOM / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text), template


def test_every_text_exists_in_both_languages_and_is_used() -> None:
    words = json.loads((ROOM / "words.json").read_text("utf-8"))
    assert all(len(pair) == len(texts.LANGUAGES) and all(pair) for pair in words.values())
    source = "".join(path.read_text("utf-8") for path in ROOM.rglob("*") if path.suffix in (".html", ".py"))
    composed = ("cause_", "perm_", "heals_", "state_", "kind_", "account_", "blocked_", "refused_", "group_")
    composed += ("notice_", "form_", "story_")
    unused = [
        key for key in words if not key.startswith(composed) and f'"{key}"' not in source and f"'{key}'" not in source
    ]
    assert unused == []


def test_every_cause_has_its_words() -> None:
    words = json.loads((ROOM / "words.json").read_text("utf-8"))
    assert {f"{kind}_{name}" for name in TABLE for kind in ("cause", "notice")} <= set(words)


def test_what_the_console_should_notice_stands_beside_each_switch(stand: Stand) -> None:
    words = json.loads((ROOM / "words.json").read_text("utf-8"))
    stand.log_in(LIN)
    text = page(stand, "?lang=en")
    assert [name for name in TABLE if words[f"notice_{name}"][1] not in text] == []


def test_the_phone_does_every_form_that_its_menu_offers(stand: Stand) -> None:
    stand.subscribed(stand.log_in(LIN))
    for account, customer in ((MORNING_IG, YATING), (MORNING, PAGE_CUSTOMER)):
        composer = page(stand, f"?account={account}&customer={customer}").split('id="composer"')[1].split("</form>")[0]
        names = re.findall(r'name="form" value="(\w+)"', composer)
        assert len(names) > 15
        for name in names:
            form = {"account": account, "customer": customer, "form": name, "text": "你好", "back": "/"}
            answer = requests.post(f"{stand.origin}/control/act", data=form, allow_redirects=False, timeout=5)
            assert (name, answer.status_code) == (name, 303)


def test_the_phone_shows_pictures_quotes_reactions_and_what_was_taken_back(stand: Stand) -> None:
    def do(form: str, **more: object) -> str:
        return str(stand.control("act", account=MORNING_IG, customer=YATING, form=form, **more)["mid"])

    do("story_mention")
    mid = do("text", text="要兩個")
    do("edit", mid=mid, text="要三個")
    do("reply", mid=mid, text="再加一個")
    do("reaction", text="laugh")
    do("unsend", mid=do("text", text="打錯了"))
    text = page(stand, f"?account={MORNING_IG}&customer={YATING}")
    for shown in ("/media/story.png", "在限時動態提到你", "要三個", "已編輯", "回覆: 要三個", "😆", "訊息已收回"):
        assert shown in text
    assert "打錯了" not in text.split('class="card logs deliveries"')[0]


def test_each_sample_file_is_what_it_says(stand: Stand) -> None:
    begins = {"png": b"\x89PNG", "wav": b"RIFF", "webm": b"\x1a\x45\xdf\xa3", "pdf": b"%PDF-1.4"}
    for name, (mimetype, _) in media.MAKERS.items():
        answer = requests.get(f"{stand.origin}/media/{name}", timeout=5)
        assert answer.headers["Content-Type"] == mimetype
        assert answer.content.startswith(begins[name.split(".")[1]])
    assert requests.get(f"{stand.origin}/media/passwd", timeout=5).status_code == 404
