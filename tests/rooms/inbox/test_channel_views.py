"""What a broken channel looks like from its conversations; taking, closing and reopening."""

import re

from flask.testing import FlaskClient

from tests.people import People
from tests.rooms.inbox.happenings import talk, write
from tests.rooms.inbox.screens import HTMX, Browser, change, here, poll_of, send, texts
from webapp.channels.models import Channel


def test_a_lost_channel_shows_its_banner_and_what_is_written_waits(
    channel: Channel, people: People, browser: Browser
) -> None:
    write(channel)
    change(channel, status="lost", cause="password_changed")
    page = browser(people.alice).get(here()).text
    assert "@shop.1 lost its connection" in page
    assert "The Facebook password was changed" in page
    assert f'action="/w/aurora/channels/{channel.id}/authorization"' in page
    assert "data-opens-tab" in page
    assert "Send after the repair" in page
    agent = browser(people.bob).get(here()).text
    assert "Ask Alice, Carol to repair it" in agent
    assert f"/channels/{channel.id}/authorization" not in agent


def test_banner_and_composer_follow_the_channel_without_a_reload(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    element = f"thread-{talk().id}"
    poll = poll_of(alice.get(here()).text, element)
    change(channel, status="lost", cause="password_changed")
    broken = alice.get(poll, headers=HTMX)
    assert "lost its connection" in broken.text
    assert f'id="composer-{talk().id}" method="post"' in broken.text
    assert "Send after the repair" in broken.text
    change(channel, status="connected", cause=None)
    mended = alice.get(poll_of(broken.text, element), headers=HTMX)
    assert "lost its connection" not in mended.text
    assert "Send after the repair" not in mended.text
    assert "<textarea" in mended.text


def test_attention_warns_and_leaves_the_composer_open(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    change(channel, status="attention", cause="access_off")
    page = alice.get(here()).text
    assert "Messages may not arrive" in page
    assert "<textarea" in page


def test_a_disconnected_channels_history_can_still_be_read(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    change(channel, status="disconnected")
    page = alice.get(here())
    assert texts(page) == ["hello"]
    assert "@shop.1 is disconnected" in page.text
    assert "<textarea" not in page.text


def test_taking_closing_and_reopening_by_form_and_by_htmx(channel: Channel, people: People, alice: FlaskClient) -> None:
    write(channel)
    assert alice.post(here("/assignment?state=open")).headers["Location"] == here("?state=open")
    assert talk().assignee_id == people.alice.id
    answer = alice.post(here("/closure"), headers=HTMX)
    assert "Alice closed this conversation" in answer.text
    assert f'id="head-{talk().id}" hx-swap-oob="true"' in answer.text
    assert talk().state == "closed"
    alice.post(here("/reopening"))
    page = alice.get(here()).text
    assert "Alice took this conversation" in page
    assert "Alice reopened this conversation" in page
    assert talk().state == "open"


def test_the_customer_has_a_page_of_their_own_for_narrow_windows(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    assert 'data-view="contact"' in alice.get(here("/contact")).text
    assert 'data-view="thread"' in alice.get(here()).text
    assert 'data-view="list"' in alice.get("/w/aurora/conversations").text


def test_no_page_of_the_room_brings_script_or_style_of_its_own(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    send(alice, "sure")
    page = alice.get(here()).text
    assert re.search(r"\sstyle=|<style|\son\w+=|hx-on|javascript:", page) is None
