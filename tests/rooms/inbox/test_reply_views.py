"""Answering, and what became of the answer."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import People
from tests.rooms.inbox.happenings import line, lines, talk, talks, write
from tests.rooms.inbox.screens import HTMX, here, send, texts
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions
from webapp.inbox.models import Message, SendStatus


def test_a_reply_without_a_script_leads_back_to_the_thread(
    channel: Channel, people: People, alice: FlaskClient
) -> None:
    write(channel)
    answer = send(alice, "sure")
    assert (answer.status_code, answer.headers["Location"]) == (303, here())
    assert line("sure").author_id == people.alice.id
    page = alice.get(here())
    assert texts(page) == ["hello", "sure"]
    assert "Sending" in page.text


def test_a_reply_with_htmx_brings_the_thread_and_a_fresh_key(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    page = alice.get(here()).text
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert key
    answer = send(alice, "sure", key.group(1), headers=HTMX)
    assert texts(answer) == ["hello", "sure"]
    fresh = re.search(r'<input[^>]*hx-swap-oob="true"[^>]*name="form_key"[^>]*value="([^"]+)"', answer.text)
    assert fresh
    assert fresh.group(1) != key.group(1)
    assert "<textarea" not in answer.text


def test_the_same_form_sent_twice_is_one_reply(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    for _ in range(2):
        send(alice, "sure")
    assert [one.text for one in lines()] == ["hello", "sure"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_text_that_cannot_be_sent_comes_back_with_the_reason(
    channel: Channel, alice: FlaskClient, headers: dict[str, str]
) -> None:
    write(channel)
    answer = send(alice, "你" * 334, headers=headers)
    assert answer.status_code == 422
    assert "too long" in answer.text
    assert "你" * 334 in answer.text
    assert ("<html" in answer.text) is (not headers)
    assert answer.headers.get("HX-Retarget") == (f"#composer-{talk().id}" if headers else None)
    assert "Write something first" in send(alice, "  ", headers=headers).text
    assert [one.text for one in lines()] == ["hello"]


def test_after_a_day_the_composer_says_what_may_still_be_written(channel: Channel, alice: FlaskClient) -> None:
    write(channel, at=clock.now() - timedelta(hours=30))
    page = alice.get(here()).text
    assert "More than 24 hours" in page
    assert "<textarea" in page


def test_after_a_week_the_composer_is_closed_and_says_why(channel: Channel, alice: FlaskClient) -> None:
    write(channel, at=clock.now() - timedelta(days=8))
    page = alice.get(here()).text
    assert "more than 7 days ago" in page
    assert "<textarea" not in page
    answer = send(alice, "too late")
    assert answer.status_code == 422
    assert [one.text for one in lines()] == ["hello"]


def test_a_failed_reply_says_why_and_can_be_sent_again(channel: Channel, people: People, alice: FlaskClient) -> None:
    write(channel)
    send(alice, "sure")
    with db.transaction() as session:
        message = session.get_one(Message, line("sure").id, populate_existing=True)
        message.has_failed({"kind": "recipient", "cause": None, "code": 551, "subcode": 1545041, "trace_id": "A"})
    page = alice.get(here()).text
    assert "this customer cannot be reached" in page
    assert "(551/1545041)" in page
    again = here(f"/messages/{line('sure').id}/dispatch")
    assert again in page
    assert alice.post(again).status_code == 303
    assert line("sure").send_status == SendStatus.QUEUED


def test_a_message_of_another_conversation_cannot_be_sent_again_from_here(
    channel: Channel, people: People, alice: FlaskClient
) -> None:
    write(channel)
    mine = talk().id
    write(channel, "other", contact_id="2")
    message = actions.reply(talks()[1].id, people.alice, "x", "k", now=clock.now())
    assert alice.post(f"/w/aurora/conversations/{mine}/messages/{message.id}/dispatch").status_code == 404


@pytest.mark.parametrize(
    ("status", "words"),
    [(SendStatus.QUEUED, "Sending"), (SendStatus.SENDING, "Sending"), (SendStatus.UNKNOWN, "Meta gave no answer")],
)
def test_what_became_of_a_reply_is_said_in_words(
    channel: Channel, alice: FlaskClient, status: SendStatus, words: str
) -> None:
    write(channel)
    send(alice, "sure")
    with db.transaction() as session:
        session.get_one(Message, line("sure").id, populate_existing=True).send_status = status
    page = alice.get(here()).text
    assert words in page
    assert "Try again" not in page
