"""Replies written while the channel is lost: they wait for the repair, and then go out once."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import People, make_channel
from tests.rooms.inbox.happenings import CUSTOMER, line, lines, minutes_ago, talk, write
from tests.rooms.inbox.screens import HTMX, change, here, texts
from tests.running import Sandbox
from webapp.accounts.models import Membership, Person
from webapp.channels.models import Channel
from webapp.channels.rules import HEALTHY, Verdict
from webapp.channels.status import Status
from webapp.core import clock, db
from webapp.inbox import actions, jobs
from webapp.inbox.actions import held as waiting
from webapp.inbox.models import Message
from webapp.inbox.rules import Held, held
from webapp.meta.errors import Cause

LOST = Verdict(Status.LOST, Cause.PASSWORD_CHANGED)


class Desk:
    def __init__(self, channel: Channel, people: People, sandbox: Sandbox) -> None:
        self.channel, self.people, self.sandbox = channel, people, sandbox
        self.conversation_id = write(channel, at=minutes_ago(5)).id

    def become(self, verdict: Verdict) -> None:
        with db.transaction() as session:
            found = session.get_one(Channel, self.channel.id, populate_existing=True)
            found.become(verdict, noticed_by="check", now=clock.now())

    def writes(self, text: str = "sure", person: Person | None = None, now: datetime | None = None) -> Message:
        author = person or self.people.alice
        return actions.reply(
            self.conversation_id, author, text, f"key of {text}", now=now or clock.now(), after_repair=True
        )

    def sent(self) -> list[str]:
        talks = self.sandbox.look("state")["conversations"]
        (mine,) = [one for one in talks if one["customer_id"] == CUSTOMER]
        return [one["text"] for one in mine["messages"] if one["by_app"]]


@pytest.fixture
def desk(connected: Channel, people: People, sandbox: Sandbox) -> Desk:
    change(connected, connected_at=clock.now())
    desk = Desk(connected, people, sandbox)
    desk.become(LOST)
    return desk


def test_after_the_repair_waiting_replies_go_out_once_and_in_order(desk: Desk) -> None:
    desk.writes("first")
    desk.writes("second")
    jobs.send_due()
    assert [one.send_status for one in lines() if one.is_ours] == ["held", "held"]
    assert desk.sent() == []
    desk.become(HEALTHY)
    for _ in range(3):
        jobs.send_due()
    assert desk.sent() == ["first", "second"]
    assert {one.send_status for one in lines() if one.is_ours} == {"sent"}


def test_many_processes_release_a_reply_once(desk: Desk, house: Flask) -> None:
    desk.writes()
    desk.become(HEALTHY)
    barrier, problems = threading.Barrier(4), []

    def work() -> None:
        try:
            with house.app_context():
                barrier.wait()
                jobs.send_due()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs.send_due()
    assert problems == []
    assert desk.sent() == ["sure"]


def test_a_reply_that_waited_beyond_the_window_fails_in_the_thread_and_in_the_list(
    desk: Desk, client: FlaskClient
) -> None:
    desk.writes()
    actions.release(clock.now() + timedelta(days=8))
    assert (line("sure").send_status, line("sure").problem) == ("failed", {"kind": "window"})
    assert desk.sent() == []
    assert "the time to reply is over" in client.get(here()).text
    assert "Not sent" in client.get("/w/aurora/conversations").text


def test_what_the_customer_wrote_meanwhile_keeps_the_window_open(desk: Desk) -> None:
    change(desk.channel, last_inbound_at=None)
    with db.transaction() as session:
        conversation = session.get_one(type(talk()), desk.conversation_id, populate_existing=True)
        conversation.last_inbound_at = clock.now() - timedelta(days=6, hours=23, minutes=59)
    desk.writes()
    desk.sandbox.control("dm", account=desk.channel.external_id, customer=CUSTOMER, text="still there?")
    desk.become(HEALTHY)
    later = clock.now() + timedelta(minutes=5)
    actions.release(later)
    assert line("sure").send_status == "held"
    jobs.close_gaps()
    actions.release(later)
    jobs.send_due()
    assert line("sure").send_status in ("queued", "sent")


def test_its_writer_may_have_left_meanwhile(desk: Desk) -> None:
    desk.writes(person=desk.people.bob)
    with db.transaction() as session:
        membership = session.query(Membership).filter_by(person_id=desk.people.bob.id).one()
        membership.disabled_at = clock.now()
    desk.become(HEALTHY)
    jobs.send_due()
    assert desk.sent() == ["sure"]


def test_a_person_writes_changes_and_takes_back_while_the_channel_is_lost(desk: Desk, client: FlaskClient) -> None:
    page = client.get(here()).text
    assert "Send after the repair" in page
    form = {"text": "typo", "form_key": "a", "after_repair": "1"}
    assert client.post(here("/messages"), data=form).status_code == 303
    page = client.get(here())
    assert "Waits for the repair" in page.text
    assert texts(page) == ["hello", "typo"]
    back = client.post(here(f"/messages/{line('typo').id}/withdrawal"), data={"edit": "1", "text": "half"})
    assert "typo\nhalf</textarea>" in back.text
    assert [one.text for one in lines()] == ["hello"]
    client.post(here("/messages"), data=form | {"form_key": "b", "text": "never mind"}, headers=HTMX)
    gone = line("never mind").id
    assert client.post(here(f"/messages/{gone}/withdrawal"), headers=HTMX).status_code == 200
    assert client.post(here(f"/messages/{gone}/withdrawal"), headers=HTMX).status_code == 404
    desk.become(HEALTHY)
    jobs.send_due()
    assert desk.sent() == []


def test_what_is_on_its_way_cannot_be_taken_back(desk: Desk, client: FlaskClient) -> None:
    message = desk.writes()
    desk.become(HEALTHY)
    jobs.send_due()
    answer = client.post(here(f"/messages/{message.id}/withdrawal"), headers=HTMX)
    assert "Too late" in answer.headers["HX-Trigger"]
    assert desk.sent() == ["sure"]


def test_whoever_did_not_see_that_the_channel_was_lost_is_asked_first(desk: Desk, client: FlaskClient) -> None:
    answer = client.post(here("/messages"), data={"text": "sure", "form_key": "a"}, headers=HTMX)
    assert answer.status_code == 422
    assert "sure</textarea>" in answer.text
    assert "Send after the repair" in answer.text
    assert [one.text for one in lines()] == ["hello"]


DAY = timedelta(days=1)


def test_replies_that_wait_for_one_repair_do_not_hold_up_another(
    channel: Channel, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "AT_ONCE", 1)
    other = make_channel(people.aurora, people.alice, number=2)
    for one in (channel, other):
        written = write(one, f"hello {one.id}", at=minutes_ago(5))
        change(one, status=Status.LOST)
        actions.reply(written.id, people.alice, f"to {one.id}", "k", now=clock.now(), after_repair=True)
    change(other, status=Status.CONNECTED)
    actions.release(clock.now())
    assert [line(f"to {one.id}").send_status for one in (channel, other)] == ["held", "queued"]


@pytest.mark.parametrize(
    ("status", "age", "expected"),
    [
        ("lost", DAY, Held.WAITS),
        ("disconnected", DAY, Held.WAITS),
        ("connected", DAY, Held.GOES),
        ("attention", 6 * DAY, Held.GOES),
        ("lost", 7 * DAY, Held.TOO_LATE),
        ("connected", 7 * DAY, Held.TOO_LATE),
        ("lost", None, Held.TOO_LATE),
    ],
)
def test_a_waiting_reply_goes_waits_or_is_too_late(status: str, age: timedelta | None, expected: Held) -> None:
    now = clock.now()
    assert held(status, None if age is None else now - age, now) is expected
