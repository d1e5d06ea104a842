"""One channel's own page keeps up with its channel."""

import json
import re

from flask import Flask

from tests.rooms.channels.story import Story
from webapp.channels.models import Channel

HTMX = {"HX-Request": "true"}


def poll(text: str) -> str:
    """The address that the page asks for its news."""
    found = re.search(r'hx-get="([^"]*/state\?[^"]*)"', text)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_the_page_renews_as_a_whole_once_its_channel_changed(app: Flask, story: Story, connected: Channel) -> None:
    page = f"/w/aurora/channels/{connected.id}"
    healthy = story.client.get(page).text
    assert story.client.get(poll(healthy), headers=HTMX).status_code == 204
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    story.client.post(f"{page}/check")
    lost = story.client.get(poll(healthy), headers=HTMX).text
    assert lost.lstrip().startswith("<div")
    assert "The Facebook password was changed" in lost

    waiting = re.search(r'hx-get="([^"]*/watch\?[^"]*)"', story.client.get(page).text)
    assert waiting is not None
    dialog = story.client.post(f"{page}/authorization").headers["Location"]
    story.land(story.in_dialog(dialog))
    told = story.client.get(waiting[1].replace("&amp;", "&"), headers=HTMX)
    assert "Reauthorised" in told.text
    assert "accounts-changed" in json.loads(told.headers["HX-Trigger"])
    repaired = story.client.get(poll(lost), headers=HTMX).text
    assert "is-connected" in repaired
    assert "What to do now" not in repaired
