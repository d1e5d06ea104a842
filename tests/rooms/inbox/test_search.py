"""Finding conversations: the same on both databases, before and after the index has caught up."""

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.people import People, make_channel
from tests.rooms.inbox.happenings import happen, minutes_ago, talk, talks, write
from tests.rooms.inbox.screens import HTMX, Browser
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions
from webapp.inbox.events import DeletedEvent, EditedEvent, MessageEvent
from webapp.inbox.models import Contact, SearchDue, SearchEntry


def look(client: FlaskClient, query: str, **more: str) -> str:
    answer = client.get("/w/aurora/conversations", query_string={"q": query} | more)
    assert answer.status_code == 200
    return answer.text


def marks(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r"<mark>(.*?)</mark>", page)]


def call(name: str, username: str = "") -> None:
    """What the profile brings."""
    with db.transaction() as session:
        contact = session.get_one(Contact, talk().contact_id, populate_existing=True)
        contact.name, contact.username = name, username


@pytest.mark.parametrize("is_indexed", [False, True])
def test_a_chinese_word_inside_a_sentence_is_found_and_leads_to_its_message(
    channel: Channel, alice: FlaskClient, is_indexed: bool
) -> None:
    write(channel, "請問有賣咖啡豆嗎", at=minutes_ago(9))
    write(channel, "ok 謝謝☕")
    if is_indexed:
        assert actions.index_due() == 2
    page = look(alice, "咖啡")
    assert marks(page) == ["咖啡"]
    address = html.unescape(re.search(r'href="([^"]+#message-1)"', page).group(1))  # type: ignore[union-attr]
    assert "message=1" in address
    assert 'id="message-1"' in alice.get(address).text
    for query, find in (("豆", "豆"), ("OK", "ok"), ("☕", "☕"), ("謝", "謝謝")):
        assert marks(look(alice, query)) == [find]
    assert "Nothing found" in look(alice, "紅茶")


def test_the_index_catches_up_and_looks_at_nothing_twice(channel: Channel, alice: FlaskClient) -> None:
    happen(channel, *(MessageEvent(f"c{n % 3}", minutes_ago(5), f"m{n}", text=f"咖啡 {n}") for n in range(5)))
    assert actions.index_due() == 5
    assert actions.index_due() == 0
    assert db.session().scalar(select(func.count()).select_from(SearchEntry)) == 5
    assert db.session().scalar(select(func.count()).select_from(SearchDue)) == 0
    assert look(alice, "咖啡").count('id="found-message-') == 3


def test_a_customer_is_found_by_name_and_username(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    call("張雅婷", "yating.chang")
    for _ in range(2):
        assert marks(look(alice, "雅婷")) == ["雅婷"]
        assert marks(look(alice, "@YATING")) == ["@yating"]
        actions.index_due()
    call("林小美")
    assert "Nothing found" in look(alice, "雅婷")


def test_what_was_edited_is_found_by_its_new_words_only(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "五點見", mid="m")
    actions.index_due()
    happen(channel, EditedEvent("5614879045272581", clock.now(), "m", "六點見"))
    for _ in range(2):
        assert "Nothing found" in look(alice, "五點")
        assert marks(look(alice, "六點")) == ["六點"]
        actions.index_due()


def test_what_was_taken_back_is_not_found_and_not_kept(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "祕密", mid="m")
    actions.index_due()
    happen(channel, DeletedEvent("5614879045272581", clock.now(), "m"))
    assert "Nothing found" in look(alice, "祕密")
    actions.index_due()
    assert db.session().scalar(select(func.count()).select_from(SearchEntry)) == 0


@pytest.mark.parametrize("is_indexed", [False, True])
def test_an_agent_finds_only_what_they_may_see_and_a_stranger_nothing(
    channel: Channel, people: People, browser: Browser, is_indexed: bool
) -> None:
    for number in range(3):
        write(channel, f"咖啡 {number}", contact_id=str(number))
    open_one, mine, theirs = talks()
    actions.take(mine.id, people.bob, may_take_over=False, now=clock.now())
    actions.take(theirs.id, people.carol, may_take_over=False, now=clock.now())
    if is_indexed:
        actions.index_due()
    page = look(browser(people.bob), "咖啡")
    assert re.findall(r'id="found-message-(\d+)"', page) == [str(mine.id), str(open_one.id)]
    other = browser(people.dave).get("/w/borealis/conversations?q=咖啡").text
    assert "found-message" not in other


def test_search_and_filters_narrow_together(channel: Channel, people: People, alice: FlaskClient) -> None:
    second = make_channel(people.aurora, people.alice, number=2)
    write(channel, "咖啡 one")
    write(second, "咖啡 two", contact_id="2")
    actions.index_due()
    assert marks(look(alice, "咖啡", channel=str(second.id))) == ["咖啡"]
    assert "Nothing found" in look(alice, "咖啡", state="closed")


def test_many_finds_are_paged_without_gap_or_repeat(channel: Channel, alice: FlaskClient) -> None:
    happen(channel, *(MessageEvent(f"c{n}", minutes_ago(5), f"m{n}", text=f"咖啡 text-{n:03d}") for n in range(70)))
    actions.index_due()
    page, seen = look(alice, "咖啡"), []
    for _ in range(3):
        seen += re.findall(r"text-\d{3}", page)
        further = re.search(r'href="([^"]*past=[^"]*)"[^>]*>(?:(?!<a ).)*Look further back', page, re.S)
        page = alice.get(html.unescape(further.group(1))).text if further else ""
    assert page == ""
    assert sorted(seen) == [f"text-{n:03d}" for n in range(70)]


@pytest.mark.parametrize("query", ['"', "' OR 1=1", "NEAR(", "*", "咖啡*", "a" * 300, "\x00", "%", "past", "grams:1"])
def test_no_query_breaks_the_search(channel: Channel, alice: FlaskClient, query: str) -> None:
    write(channel, "咖啡")
    actions.index_due()
    look(alice, query, past="99999999999999999999")
    look(alice, query, part="people")


def test_typing_swaps_the_list_and_renames_the_page(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "咖啡")
    answer = alice.get("/w/aurora/conversations/list?q=咖啡&state=open&current=1", headers=HTMX)
    assert marks(answer.text) == ["咖啡"]
    assert "data-poll" not in answer.text
    assert answer.headers["HX-Replace-Url"] == "/w/aurora/conversations/1?state=open&q=%E5%92%96%E5%95%A1"
    assert 'id="conversation-tools" hx-swap-oob="true"' in answer.text
