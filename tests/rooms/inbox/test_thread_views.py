"""The thread as it is shown."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import People
from tests.rooms.inbox.happenings import CUSTOMER, happen, lines, minutes_ago, talk, write
from tests.rooms.inbox.screens import HTMX, here, older_address, poll_of, send, texts
from webapp.channels.models import Channel
from webapp.core import clock
from webapp.inbox import stamps
from webapp.inbox.events import Attachment, DeletedEvent, MessageEvent, ReactionEvent, ReadEvent
from webapp.inbox.thread import MOST, STEP


def test_opening_a_conversation_shows_its_messages_and_marks_them_read(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "one", at=minutes_ago(2))
    write(channel, "two")
    answer = alice.get(here())
    assert texts(answer) == ["one", "two"]
    assert talk().unread == 0


def test_what_a_customer_writes_is_text_and_never_markup(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "<script>alert(1)</script> مرحبا 👋🏽")
    answer = alice.get(here())
    assert "<script>alert(1)" not in answer.text
    assert texts(answer) == ["<script>alert(1)</script> مرحبا 👋🏽"]
    assert '<div class="bubble" dir="auto">' in answer.text


def test_links_open_elsewhere_and_tell_nobody_where_they_came_from(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "see https://shop.example/a?b=1&c=2")
    anchor = re.search(r'<a href="https://shop.example/a\?b=1&amp;c=2"[^>]*>', alice.get(here()).text)
    assert anchor
    assert 'target="_blank"' in anchor.group()
    assert "noopener" in anchor.group()


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image", '<img src="https://cdn.example/x"'),
        ("sticker", '<img src="https://cdn.example/x"'),
        ("video", '<video src="https://cdn.example/x"'),
        ("audio", '<audio src="https://cdn.example/x"'),
        ("file", "File"),
        ("share", "Shared link"),
        ("reel", "Shared reel"),
        ("story_mention", "Mentioned you in a story"),
        ("story_reply", "Replied to your story"),
        ("ad", "Wrote from your ad · T"),
        ("product", "Asks about a product · T"),
        ("link", "Came through your link · T"),
        ("unsupported", "cannot be shown here"),
    ],
)
def test_each_kind_of_message_is_shown_or_says_what_it_is(
    channel: Channel, alice: FlaskClient, kind: str, shown: str
) -> None:
    write(channel, "", kind=kind, mid="m", attachments=(Attachment(kind, "https://cdn.example/x", "T"),))
    assert shown in alice.get(here()).text


@pytest.mark.parametrize("kind", ["ephemeral", "unsupported", "image", "postback"])
def test_a_message_without_anything_to_show_is_a_placeholder(channel: Channel, alice: FlaskClient, kind: str) -> None:
    write(channel, "", kind=kind, mid="m")
    assert len(texts(alice.get(here()))[0]) > 3


def test_what_is_written_in_one_go_hangs_together(channel: Channel, alice: FlaskClient) -> None:
    for text, minutes in (("one", 20), ("two", 17), ("three", 3), ("four", 2), ("five", 1)):
        write(channel, text, at=minutes_ago(minutes))
    happen(channel, ReactionEvent(CUSTOMER, clock.now(), "mid of three", "❤️"))
    send(alice, "answer")
    page = alice.get(here())
    looks = re.findall(r'<div class="message ([^"]*)" id="message-', page.text)
    goes_on = ["goes-on" in look for look in looks]
    expected = {"one": True, "two": False, "three": False, "four": True, "five": False, "answer": False}
    assert dict(zip(texts(page), goes_on, strict=True)) == expected


def test_what_nobody_has_read_begins_with_a_line_until_somebody_answers(channel: Channel, alice: FlaskClient) -> None:
    line = r'class="day is-new">New</p>\s*<div class="message [^"]*" id="message-\d+" data-message>\s*<div[^>]*>(\w+)'
    write(channel, "one", at=minutes_ago(20))
    assert re.findall(line, alice.get(here()).text) == [], "all of it is new"
    write(channel, "two", at=minutes_ago(3))
    write(channel, "three", at=minutes_ago(2))
    page = alice.get(here())
    assert re.findall(line, page.text) == ["two"]
    write(channel, "four", at=minutes_ago(1))
    assert re.findall(line, alice.get(poll_of(page.text, f"thread-{talk().id}"), headers=HTMX).text) == ["two"]
    assert re.findall(line, send(alice, "answer", headers=HTMX).text) == []
    assert re.findall(line, alice.get(here()).text) == [], "four was read when it came"


def test_an_unsent_message_is_a_line_without_its_content(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "secret")
    happen(channel, DeletedEvent(CUSTOMER, clock.now(), "mid of secret"))
    assert texts(alice.get(here())) == ["This message was taken back"]
    assert "secret" not in alice.get(here()).text


def test_a_quoted_message_is_shown_above_the_answer(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "question", at=minutes_ago(3))
    write(channel, "answer", reply_to_mid="mid of question")
    write(channel, "other", reply_to_mid="unknown", at=minutes_ago(0))
    assert texts(alice.get(here()))[1:] == ["questionanswer", "In reply to an earlier messageother"]


def test_days_separate_messages(channel: Channel, alice: FlaskClient) -> None:
    write(channel, "then", at=clock.now() - timedelta(days=1))
    write(channel, "now")
    days = re.findall(r'<p class="day">([^<]+)</p>', alice.get(here()).text)
    assert days == ["Yesterday", "Today"]


def test_a_long_thread_opens_on_the_newest_and_goes_back_step_by_step(channel: Channel, alice: FlaskClient) -> None:
    start = minutes_ago(600)
    events = [MessageEvent(CUSTOMER, start + timedelta(minutes=n // 3), f"m{n}", text=f"t{n}") for n in range(130)]
    happen(channel, *events)
    first = alice.get(here())
    assert texts(first) == [f"t{n}" for n in range(130 - STEP, 130)]
    second = alice.get(older_address(first))
    assert texts(second) == [f"t{n}" for n in range(130 - 2 * STEP, 130)]
    third = alice.get(older_address(second))
    assert texts(third) == [f"t{n}" for n in range(130)]
    assert "Older messages" not in third.text


def test_older_messages_stay_while_new_ones_arrive(channel: Channel, alice: FlaskClient) -> None:
    events = [MessageEvent(CUSTOMER, minutes_ago(200 - n), f"m{n}", text=f"t{n}") for n in range(70)]
    happen(channel, *events)
    back = alice.get(older_address(alice.get(here())))
    write(channel, "new")
    answer = alice.get(poll_of(back.text, f"thread-{talk().id}"), headers=HTMX)
    assert texts(answer) == [*(f"t{n}" for n in range(70)), "new"]


def test_very_far_back_the_window_moves_and_leads_to_the_newest(channel: Channel, alice: FlaskClient) -> None:
    count = MOST + 2 * STEP
    events = [MessageEvent(CUSTOMER, minutes_ago(2000 - n), f"m{n}", text=f"t{n}") for n in range(count)]
    happen(channel, *events)
    oldest = next(one for one in lines() if one.text == f"t{STEP}")
    answer = alice.get(here(f"?before_message={oldest.id}"))
    assert texts(answer) == [f"t{n}" for n in range(MOST)]
    assert "To the newest messages" in answer.text
    assert f"{here('/thread')}?" not in answer.text


def test_the_thread_polls_and_hears_nothing_until_something_happens(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    element = f"thread-{talk().id}"
    poll = poll_of(alice.get(here()).text, element)
    quiet = alice.get(poll, headers=HTMX)
    assert (quiet.status_code, quiet.data) == (204, b"")
    write(channel, "news")
    answer = alice.get(poll, headers=HTMX)
    assert texts(answer) == ["hello", "news"]
    assert "New message from" in answer.text
    # The composer is not part of it: somebody may be writing there.
    assert "<textarea" not in answer.text
    assert talk().unread == 0
    assert alice.get(poll_of(answer.text, element), headers=HTMX).status_code == 204


def test_read_and_delivered_are_told_where_the_platform_tells(
    channel: Channel, people: People, alice: FlaskClient
) -> None:
    write(channel)
    happen(channel, MessageEvent(CUSTOMER, minutes_ago(0.5), "e", is_echo=True, text="from the app"))
    assert "Written in the app" in alice.get(here()).text
    happen(channel, ReadEvent(CUSTOMER, clock.now()))
    assert "Read" in alice.get(here()).text


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [("2026-11-22T15:30", "2026-11-22T16:10", "11/23 00:10"), ("2026-11-22T23:50", "2026-11-23T00:10", "08:10")],
)
def test_the_day_of_a_gap_is_the_readers_day(app: Flask, first: str, last: str, said: str) -> None:
    moments = [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (last, first)]
    with app.test_request_context():
        assert stamps.later(*moments) == said
