"""Who may open which address of the room."""

import pytest

from tests.people import People
from tests.rooms.inbox.happenings import lines, talk, talks, write
from tests.rooms.inbox.screens import HTMX, Browser, here, poll_of
from webapp.channels.models import Channel
from webapp.core import clock
from webapp.inbox import actions

ADDRESSES = [
    ("GET", ""),
    ("GET", "/list"),
    ("GET", "/1"),
    ("GET", "/1/contact"),
    ("GET", "/1/thread"),
    ("POST", "/1/messages"),
    ("POST", "/1/messages/1/dispatch"),
    ("POST", "/1/assignment"),
    ("POST", "/1/closure"),
    ("POST", "/1/reopening"),
    ("POST", "/1/transfer"),
    ("GET", "/1/card"),
    ("POST", "/1/card"),
    ("POST", "/1/tags"),
    ("POST", "/1/tags/1/removal"),
    ("POST", "/1/tags/1/colour"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_a_stranger_finds_nothing_a_marketer_is_told_whom_to_ask(
    channel: Channel, people: People, browser: Browser, method: str, path: str
) -> None:
    write(channel)
    stranger = browser(people.dave).open(f"/w/aurora/conversations{path}", method=method, data={"text": "x"})
    assert stranger.status_code == 404
    refused = browser(people.mark).open(f"/w/aurora/conversations{path}", method=method, data={"text": "x"})
    assert refused.status_code == 403
    assert "Alice" in refused.text
    assert [one.text for one in lines()] == ["hello"]
    assert talk().state == "open"


@pytest.mark.parametrize(("method", "path"), [one for one in ADDRESSES if "/1" in one[1]])
def test_a_conversation_of_another_workspace_is_not_there(
    channel: Channel, people: People, browser: Browser, method: str, path: str
) -> None:
    write(channel)
    answer = browser(people.dave).open(f"/w/borealis/conversations{path}", method=method, data={"text": "x"})
    assert answer.status_code == 404


@pytest.mark.parametrize(("method", "path"), [one for one in ADDRESSES if "/1" in one[1]])
def test_an_agent_may_not_open_what_a_colleague_took(
    channel: Channel, people: People, browser: Browser, method: str, path: str
) -> None:
    write(channel)
    actions.take(talk().id, people.carol, may_take_over=True, now=clock.now())
    answer = browser(people.bob).open(f"/w/aurora/conversations{path}", method=method, data={"text": "x"})
    assert answer.status_code == 403
    assert "Alice" in answer.text


def test_an_agent_sees_open_ones_and_their_own(channel: Channel, people: People, browser: Browser) -> None:
    for number, text in enumerate(("open one", "mine", "theirs", "closed by them", "closed by me")):
        write(channel, text, contact_id=str(number))
    _, mine, theirs, closed, own = talks()
    for one, person in ((mine, people.bob), (theirs, people.carol)):
        actions.take(one.id, person, may_take_over=False, now=clock.now())
    for one, person in ((closed, people.carol), (own, people.bob)):
        actions.close(one.id, person, now=clock.now())
    seen = browser(people.bob).get("/w/aurora/conversations").text
    assert [text in seen for text in ("open one", "mine", "closed by me")] == [True] * 3
    assert [text in seen for text in ("theirs", "closed by them")] == [False] * 2
    everything = browser(people.alice).get("/w/aurora/conversations").text
    assert "theirs" in everything
    assert "closed by them" in everything


def test_an_agent_whose_conversation_was_taken_over_is_led_to_the_list(
    channel: Channel, people: People, browser: Browser
) -> None:
    write(channel)
    bob = browser(people.bob)
    poll = poll_of(bob.get(here()).text, f"thread-{talk().id}")
    actions.take(talk().id, people.carol, may_take_over=True, now=clock.now())
    answer = bob.get(poll, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/w/aurora/conversations")
