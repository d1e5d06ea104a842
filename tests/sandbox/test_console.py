"""The control page, read as a person without scripts reads it."""

import html
import json
import re
from pathlib import Path

import pytest
import requests

import sandbox
from sandbox import texts
from sandbox.causes import TABLE
from tests.sandbox.stand import AMING_IG, LIN, MORNING, MORNING_IG, YATING, Stand

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
        r'<form method="post" action="/control/causes" class="switch-row">(.*?)</form>', page(stand), re.S
    )
    names = set()
    for form in forms:
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        names.add(fields["cause"])
        answer = requests.post(f"{stand.origin}/control/causes", data=fields, timeout=5)
        assert answer.status_code == 200, fields
    assert names == set(TABLE)


def test_a_pressed_switch_shows_as_on(stand: Stand) -> None:
    stand.cause("password_changed", person=LIN)
    stand.cause("message_access_off", page=MORNING)
    text = page(stand, f"?account={MORNING_IG}&person={LIN}")
    assert 'aria-label="關掉：更改密碼"' in text
    assert 'aria-label="關掉：關閉「允許使用訊息功能」"' in text
    assert '<span class="mark">不是商業帳號</span>' in text


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
    unused = [
        key for key in words if not key.startswith(composed) and f'"{key}"' not in source and f"'{key}'" not in source
    ]
    assert unused == []


def test_every_cause_has_its_words() -> None:
    words = json.loads((ROOM / "words.json").read_text("utf-8"))
    assert {f"cause_{name}" for name in TABLE} <= set(words)
