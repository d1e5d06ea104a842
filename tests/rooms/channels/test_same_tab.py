"""Where the browser opens no new tab: the page that asked offers to go on in its own."""

from html import unescape

import pytest

from tests.rooms.channels.story import Story
from webapp.channels.models import Channel

WATCH = "/w/aurora/authorizations/watch"


def offered(story: Story, pressed: str, since: int = 0) -> str:
    """The waiting notice's form of its own, or "" where there is none."""
    answer = story.client.get(WATCH, query_string={"since": since, "pressed": pressed}, headers={"HX-Request": "true"})
    return next((form for form in unescape(answer.text).split("<form")[1:] if "Continue in this tab" in form), "")


def test_what_was_pressed_can_be_gone_on_with_in_this_tab(story: Story) -> None:
    form = offered(story, "/w/aurora/authorizations?platform=messenger&rerequest=1")
    assert 'action="/w/aurora/authorizations"' in form
    assert 'name="platform" value="messenger"' in form
    assert 'name="rerequest" value="1"' in form
    assert "target=" not in form


def test_the_next_look_still_knows_what_was_pressed(story: Story) -> None:
    watch = story.client.get(WATCH, query_string={"since": 0, "pressed": "/w/aurora/authorizations?platform=messenger"})
    poll = unescape(watch.text).split('hx-get="')[1].split('"')[0]
    assert 'value="messenger"' in story.client.get(poll).text


def test_a_reauthorisation_can_be_gone_on_with_in_this_tab(story: Story, connected: Channel) -> None:
    address = f"/w/aurora/channels/{connected.id}/authorization"
    form = offered(story, f"{address}?", since=1)
    assert f'action="{address}"' in form


@pytest.mark.parametrize(
    "pressed",
    ["", "https://elsewhere.example/x", "/w/borealis/authorizations", "/w/aurora/channels/1/disconnection"],
)
def test_no_link_can_make_the_notice_press_something_else(story: Story, pressed: str) -> None:
    assert offered(story, pressed) == ""
