"""Replies on their way out, against the sandbox's Send API."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from tests.people import People
from tests.rooms.inbox.happenings import CUSTOMER, happen, line, lines, minutes_ago, talk, write
from tests.running import Sandbox
from webapp.channels.models import Channel, Incident
from webapp.core import clock, db
from webapp.inbox import actions, jobs
from webapp.inbox.events import MessageEvent
from webapp.inbox.models import Message, SendStatus
from webapp.inbox.rules import LEASE, PAUSES

MESSAGES = "*/messages"


class Desk:
    """Alice at the conversation with the sandbox's customer."""

    def __init__(self, channel: Channel, people: People, sandbox: Sandbox) -> None:
        self.channel, self.people, self.sandbox = channel, people, sandbox
        self.conversation_id = write(channel, at=minutes_ago(5)).id

    def reply(self, text: str = "sure", key: str = "") -> Message:
        return actions.reply(self.conversation_id, self.people.alice, text, key or f"key of {text}", now=clock.now())

    def send(self, message: Message, now: datetime | None = None) -> Message:
        actions.send(message.id, meta=current_app.extensions["meta"], now=now or clock.now())
        return line(message.text)

    def cause(self, name: str, on: bool = True, **more: object) -> None:
        self.sandbox.control("causes", cause=name, on=on, **more)

    def sent(self) -> list[str]:
        """What the customer got from us, oldest first."""
        talks = self.sandbox.look("state")["conversations"]
        (mine,) = [one for one in talks if one["customer_id"] == CUSTOMER]
        return [one["text"] for one in mine["messages"] if one["by_app"]]

    def is_lost(self) -> bool:
        db.leave()
        return db.session().get_one(Channel, self.channel.id, populate_existing=True).status == "lost"


@pytest.fixture
def desk(connected: Channel, people: People, sandbox: Sandbox) -> Desk:
    return Desk(connected, people, sandbox)


def test_a_reply_reaches_the_customer_once(desk: Desk) -> None:
    message = desk.reply("好的 👍")
    assert message.send_status == SendStatus.QUEUED
    found = desk.send(message)
    assert (found.send_status, bool(found.mid), found.author_id) == ("sent", True, desk.people.alice.id)
    desk.send(message)
    assert desk.sent() == ["好的 👍"]


def test_the_same_form_twice_is_one_reply(desk: Desk) -> None:
    assert desk.reply("sure", "key").id == desk.reply("sure", "key").id
    jobs.send_due()
    assert desk.sent() == ["sure"]


def test_other_words_under_a_used_key_are_not_lost(desk: Desk) -> None:
    desk.reply("first", "key")
    desk.reply("second", "key")
    jobs.send_due()
    assert desk.sent() == ["first", "second"]


def test_a_customer_whose_answer_did_not_go_out_still_waits(desk: Desk) -> None:
    began = talk().waiting_since
    message = desk.reply()
    assert (began is not None, talk().waiting_since) == (True, None)
    desk.cause("customer_blocked", customer=CUSTOMER)
    assert desk.send(message).send_status == "failed"
    assert talk().waiting_since == began
    desk.cause("customer_blocked", on=False, customer=CUSTOMER)
    actions.dispatch(desk.conversation_id, message.id, now=clock.now())
    assert talk().waiting_since is None
    assert desk.send(message).send_status == "sent"
    assert talk().waiting_since is None


def test_replies_of_a_conversation_go_out_in_the_order_they_were_written(desk: Desk) -> None:
    first, second = desk.reply("first"), desk.reply("second")
    assert desk.send(second).send_status == SendStatus.QUEUED
    desk.send(first)
    desk.send(second)
    assert desk.sent() == ["first", "second"]


def test_two_senders_never_send_one_reply_twice(house: Flask, desk: Desk) -> None:
    message = desk.reply()
    desk.cause("slow", seconds=0.3, endpoint=MESSAGES)
    barrier = threading.Barrier(6)

    def work() -> None:
        with house.app_context():
            barrier.wait()
            actions.send(message.id, meta=current_app.extensions["meta"], now=clock.now())

    _at_once([work] * 6)
    assert desk.sent() == ["sure"]
    assert line("sure").send_status == "sent"


def test_after_a_day_the_reply_carries_the_human_agent_tag(desk: Desk) -> None:
    desk.sandbox.control("clock", advance=30 * 3600)
    later = clock.now() + timedelta(hours=30)
    message = actions.reply(desk.conversation_id, desk.people.alice, "late", "k", now=later)
    # Without the tag Meta refuses: the window of a day is over there too.
    assert desk.send(message, later).send_status == "sent"


def test_a_reply_that_waited_beyond_the_window_is_not_sent(desk: Desk) -> None:
    message = desk.reply()
    found = desk.send(message, clock.now() + timedelta(days=8))
    assert (found.send_status, found.problem) == ("failed", {"kind": "window"})
    assert desk.sent() == []


def test_a_temporary_refusal_is_tried_again_by_itself(desk: Desk) -> None:
    desk.cause("outage", endpoint=MESSAGES, times=1)
    message, now = desk.reply(), clock.now()
    assert desk.send(message, now).tries == 1
    assert desk.send(message, now + PAUSES[0] / 2).send_status == SendStatus.QUEUED
    assert desk.send(message, now + PAUSES[0]).send_status == "sent"
    assert desk.sent() == ["sure"]


def test_after_three_more_tries_a_person_decides(desk: Desk) -> None:
    desk.cause("outage", endpoint=MESSAGES)
    message, now = desk.reply(), clock.now()
    for pause in (*PAUSES, timedelta(0)):
        found = desk.send(message, now)
        now += pause
    assert (found.send_status, found.problem and found.problem["kind"], found.tries) == ("failed", "transient", 4)
    desk.cause("outage", on=False, endpoint=MESSAGES)
    actions.dispatch(desk.conversation_id, message.id, now=clock.now())
    assert desk.send(message).send_status == "sent"


def test_a_lost_answer_is_said_and_never_repeated(desk: Desk) -> None:
    desk.cause("drop", endpoint=MESSAGES)
    message = desk.reply()
    assert desk.send(message).send_status == SendStatus.UNKNOWN
    desk.cause("drop", on=False, endpoint=MESSAGES)
    actions.dispatch(desk.conversation_id, message.id, now=clock.now())
    jobs.send_due()
    assert line("sure").send_status == SendStatus.UNKNOWN
    assert desk.sent() == []


def test_the_echo_tells_how_a_send_without_answer_ended(desk: Desk) -> None:
    desk.cause("drop", endpoint=MESSAGES)
    desk.send(desk.reply())
    happen(desk.channel, MessageEvent(CUSTOMER, clock.now(), "mid of echo", is_echo=True, text="sure"))
    assert (line("sure").send_status, line("sure").mid) == ("sent", "mid of echo")


def test_an_echo_that_overtakes_the_answer_is_the_same_message(house: Flask, desk: Desk) -> None:
    message = desk.reply()
    real = current_app.extensions["meta"]

    class EchoFirst:
        """The echo arrives while the answer is still on its way."""

        def send_text(self, *args: Any, **rest: Any) -> str:
            mid: str = real.send_text(*args, **rest)
            with house.app_context():
                happen(desk.channel, MessageEvent(CUSTOMER, clock.now(), mid, is_echo=True, text="sure"))
            return mid

    actions.send(message.id, meta=EchoFirst(), now=clock.now())  # type: ignore[arg-type]
    assert [(one.text, one.send_status) for one in lines() if one.is_ours] == [("sure", "sent")]


def test_an_echo_with_other_words_before_the_answer_is_still_the_same_message(house: Flask, desk: Desk) -> None:
    message = desk.reply()

    class EchoFirst:
        """Meta wrote the text a little differently."""

        def send_text(self, *args: Any, **rest: Any) -> str:
            with house.app_context():
                happen(desk.channel, MessageEvent(CUSTOMER, clock.now(), "m", is_echo=True, text="sure "))
            return "m"

    actions.send(message.id, meta=EchoFirst(), now=clock.now())  # type: ignore[arg-type]
    assert [(one.text, one.mid) for one in lines() if one.is_ours] == [("sure", "m")]


def test_when_a_worker_dies_while_sending_nobody_sends_again(desk: Desk) -> None:
    message = desk.reply()
    with db.transaction() as session:
        found = session.get_one(Message, message.id, populate_existing=True)
        found.send_status, found.send_at, found.tries = SendStatus.SENDING, clock.now() + LEASE, 1
    actions.lose_sight(clock.now())
    assert line("sure").send_status == SendStatus.SENDING
    before = talk().revision
    actions.lose_sight(clock.now() + LEASE)
    assert line("sure").send_status == SendStatus.UNKNOWN
    assert talk().revision > before
    jobs.send_due()
    assert desk.sent() == []


def test_a_dead_authorisation_fails_the_reply_and_loses_the_channel_at_once(desk: Desk) -> None:
    desk.cause("password_changed", person="林小姐")
    found = desk.send(desk.reply())
    assert found.problem is not None
    assert (found.send_status, found.problem["kind"], found.problem["subcode"]) == ("failed", "credentials", 460)
    assert desk.is_lost()
    (incident,) = db.session().scalars(select(Incident)).all()
    assert (incident.noticed_by, incident.cause) == ("send", "password_changed")


def test_a_customer_who_blocked_us_says_nothing_about_the_channel(desk: Desk) -> None:
    desk.cause("customer_blocked", customer=CUSTOMER)
    found = desk.send(desk.reply())
    assert (found.send_status, found.problem and found.problem["kind"]) == ("failed", "recipient")
    assert not desk.is_lost()


def test_while_the_channel_is_lost_queued_replies_fail_with_the_reason(desk: Desk) -> None:
    message = desk.reply()
    with db.transaction() as session:
        session.get_one(Channel, desk.channel.id, populate_existing=True).status = "lost"
    assert desk.send(message).problem == {"kind": "lost"}
    assert desk.sent() == []


def test_a_channel_without_a_token_fails_the_reply_instead_of_the_worker(desk: Desk) -> None:
    message = desk.reply()
    with db.transaction() as session:
        session.get_one(Channel, desk.channel.id, populate_existing=True).page_token = None
    assert desk.send(message).send_status == "failed"


def test_nothing_is_written_where_the_composer_is_closed(desk: Desk) -> None:
    with pytest.raises(actions.ComposerClosed):
        actions.reply(desk.conversation_id, desk.people.alice, "x", "k", now=clock.now() + timedelta(days=8))
    with pytest.raises(actions.EmptyText):
        desk.reply(" \r\n ")
    with pytest.raises(actions.TextTooLong):
        desk.reply("你" * 334)
    assert [one.text for one in lines()] == ["hello"]


def _at_once(tasks: list[Callable[[], object]]) -> None:
    problems: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
