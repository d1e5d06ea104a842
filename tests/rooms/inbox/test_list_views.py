"""The list of conversations."""

import html
import re

import pytest
from flask.testing import FlaskClient

from tests.people import People, make_channel
from tests.rooms.inbox.happenings import happen, minutes_ago, talks, write
from tests.rooms.inbox.screens import HTMX, Browser, poll_of
from webapp.channels.models import Channel
from webapp.core import clock
from webapp.inbox import actions
from webapp.inbox.events import MessageEvent


def test_without_a_channel_the_page_says_what_to_do_first(people: People, browser: Browser) -> None:
    page = browser(people.alice).get("/w/aurora/conversations").text
    assert "/w/aurora/social-channels" in page
    assert "Search names" not in page
    assert "Ask Alice, Carol to connect one" in browser(people.bob).get("/w/aurora/conversations").text


def test_without_messages_the_page_says_how_to_get_one(channel: Channel, alice: FlaskClient) -> None:
    assert "No messages yet" in alice.get("/w/aurora/conversations").text


def test_the_list_shows_who_wrote_what_newest_first(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "the first word", at=minutes_ago(60), contact_id="1")
    write(channel, "the second word", contact_id="2")
    text = alice.get("/w/aurora/conversations").text
    assert text.index("the second word") < text.index("the first word")
    assert text.count("1 unread message") == 2


def test_the_list_can_be_narrowed_to_a_state_and_a_channel(
    channel: Channel, people: People, alice: FlaskClient
) -> None:
    other = make_channel(people.aurora, people.alice, number=2)
    write(channel, "first shop")
    write(other, "second shop", contact_id="2")
    actions.close(talks()[0].id, people.alice, now=clock.now())
    # Which of the accounts somebody wrote to stands in the row, unless only one can be meant.
    accounts = r'class="via clip">([^<]+)'
    everything = alice.get("/w/aurora/conversations").text
    assert sorted(re.findall(accounts, everything)) == sorted((channel.label, other.label))
    assert re.findall(accounts, alice.get(f"/w/aurora/conversations?channel={other.id}").text) == []
    closed = alice.get("/w/aurora/conversations?state=closed").text
    assert ("first shop" in closed, "second shop" in closed) == (True, False)
    second = alice.get(f"/w/aurora/conversations?channel={other.id}").text
    assert ("first shop" in second, "second shop" in second) == (False, True)
    assert "Nothing here" in alice.get("/w/aurora/conversations?state=in_progress").text


@pytest.mark.parametrize(
    "query", ["state=x", "channel=x", "channel=-1", "before=x", "before=9-", "before=99999999999999999999-1"]
)
def test_an_address_that_makes_no_sense_shows_the_whole_list(channel: Channel, alice: FlaskClient, query: str) -> None:
    write(channel)
    answer = alice.get(f"/w/aurora/conversations?{query}")
    assert answer.status_code == 200
    assert "hello" in answer.text


def test_a_long_list_is_paged_without_gap_or_repeat(channel: Channel, alice: FlaskClient) -> None:
    moment = minutes_ago(5)
    # All at the same moment: only the id tells them apart.
    happen(channel, *(MessageEvent(f"c{n}", moment, f"m{n}", text=f"text-{n:03d}") for n in range(70)))
    address, seen = "/w/aurora/conversations", []
    for _ in range(3):
        text = alice.get(address).text
        seen += re.findall(r"text-\d{3}", text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        address = html.unescape(older.group(1)) if older else ""
    assert address == ""
    assert sorted(seen) == [f"text-{n:03d}" for n in range(70)]


def test_the_list_polls_and_hears_nothing_until_something_happens(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    poll = poll_of(alice.get("/w/aurora/conversations").text, "conversation-list")
    quiet = alice.get(poll, headers=HTMX)
    assert (quiet.status_code, quiet.data) == (204, b"")
    write(channel, "news")
    answer = alice.get(poll, headers=HTMX)
    assert answer.status_code == 200
    assert "news" in answer.text
    assert "<html" not in answer.text
    assert alice.get(poll_of(answer.text, "conversation-list"), headers=HTMX).status_code == 204


def test_older_pages_stand_still(channel: Channel, alice: FlaskClient) -> None:
    happen(channel, *(MessageEvent(f"c{n}", minutes_ago(5), f"m{n}", text="x") for n in range(40)))
    text = alice.get("/w/aurora/conversations").text
    older = html.unescape(re.search(r'rel="next" href="([^"]+)"', text).group(1))  # type: ignore[union-attr]
    assert not re.search(r'id="conversation-list"[^>]*data-poll', alice.get(older).text)


@pytest.mark.parametrize("order", ["newest", "waiting"])
def test_the_list_is_paged_in_both_directions(channel: Channel, alice: FlaskClient, order: str) -> None:
    moment = minutes_ago(5)
    happen(channel, *(MessageEvent(f"c{n}", moment, f"m{n}", text=f"text-{n:03d}") for n in range(100)))
    pages, rel, address = [], "next", f"/w/aurora/conversations?order={order}&state=open"
    while address:
        text = alice.get(address).text
        pages.append(re.findall(r"text-\d{3}", text))
        link = re.search(rf'rel="{rel}" href="([^"]+)"', text)
        if link is None and rel == "next":
            rel, link = "prev", re.search(r'rel="prev" href="([^"]+)"', text)
        address = html.unescape(link.group(1)) if link else ""
    assert [len(one) for one in pages] == [30, 30, 30, 10, 30, 30, 30]
    assert pages[:3] == pages[:3:-1]
    assert "data-poll" in text


def test_unread_ones_and_filters_stay_in_the_address(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "read one")
    alice.get("/w/aurora/conversations/1")
    write(channel, "unread one", contact_id="2")
    text = alice.get("/w/aurora/conversations?unread=1&order=waiting&state=open").text
    assert ("unread one" in text, ">read one" in text) == (True, False)
    assert "/w/aurora/conversations/2?state=open&amp;unread=1&amp;order=waiting" in text


def test_an_agent_pages_through_open_ones_and_their_own(channel: Channel, people: People, browser: Browser) -> None:
    happen(channel, *(MessageEvent(f"c{n}", minutes_ago(n), f"m{n}", text=f"text-{n:03d}") for n in range(60)))
    for number, one in enumerate(talks()):
        if number % 3:
            person = people.bob if number % 3 == 1 else people.carol
            actions.take(one.id, person, may_take_over=False, now=clock.now())
    bob = browser(people.bob)
    first = bob.get("/w/aurora/conversations").text
    older = html.unescape(re.search(r'rel="next" href="([^"]+)"', first).group(1))  # type: ignore[union-attr]
    seen = re.findall(r"text-\d{3}", first) + re.findall(r"text-\d{3}", bob.get(older).text)
    assert seen == [f"text-{n:03d}" for n in range(60) if n % 3 != 2]
    assert "text-0" not in bob.get("/w/aurora/conversations?state=team").text
