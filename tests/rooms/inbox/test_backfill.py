"""What customers wrote while nothing reached us, fetched from the sandbox's inbox."""

from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People
from tests.rooms.inbox.happenings import CUSTOMER, happen, lines, log, talks, write
from tests.rooms.inbox.screens import change, texts
from tests.running import Sandbox
from webapp.channels.models import Channel
from webapp.channels.rules import HEALTHY, Verdict
from webapp.channels.status import Status
from webapp.core import clock, db
from webapp.inbox import actions, jobs
from webapp.inbox.actions import backfill
from webapp.inbox.events import DeletedEvent, MessageEvent
from webapp.inbox.models import Backfill, Fetched, Reason
from webapp.inbox.rules import LEASE
from webapp.meta.errors import Cause

KEVIN = "5614879045272599"


class Gap:
    """A channel that is lost and found again, while the sandbox's customers go on writing."""

    def __init__(self, channel: Channel, sandbox: Sandbox) -> None:
        self.channel, self.sandbox = channel, sandbox

    def writes(self, text: str) -> str:
        account = self.channel.external_id
        mid: str = self.sandbox.control("dm", account=account, customer=CUSTOMER, text=text)["mid"]
        return mid

    def answers_in_the_app(self, text: str) -> None:
        self.sandbox.control("reply", account=self.channel.external_id, customer=CUSTOMER, text=text)

    def become(self, verdict: Verdict) -> None:
        with db.transaction() as session:
            held = session.get_one(Channel, self.channel.id, populate_existing=True)
            held.become(verdict, noticed_by="check", now=clock.now())

    def is_lost(self) -> None:
        self.become(Verdict(Status.LOST, Cause.PASSWORD_CHANGED))

    def is_repaired(self) -> None:
        self.become(HEALTHY)


@pytest.fixture
def gap(connected: Channel, sandbox: Sandbox) -> Gap:
    # What the sandbox's people said before the account was connected is history, and no gap.
    change(connected, connected_at=clock.now() - timedelta(seconds=1))
    return Gap(connected, sandbox)


def rows() -> list[Backfill]:
    return _all(Backfill)


def _all(model: Any) -> list[Any]:
    db.leave()
    return list(db.session().scalars(select(model).order_by(model.id).execution_options(populate_existing=True)))


def test_after_a_repair_the_gap_is_closed_in_order_and_the_thread_says_so(gap: Gap, client: FlaskClient) -> None:
    known = gap.writes("before")
    happen(gap.channel, MessageEvent(CUSTOMER, clock.now(), known, text="before"))
    gap.is_lost()
    gap.writes("are you there?")
    gap.answers_in_the_app("from the phone")
    gap.writes("hello?")
    gap.is_repaired()
    jobs.close_gaps()
    assert [one.text for one in lines()] == ["before", "are you there?", "from the phone", "hello?"]
    jobs.close_gaps()
    assert len(lines()) == 4
    (row,) = rows()
    assert (row.reason, row.problem, row.is_under_way) == ("repair", None, False)
    page = client.get(f"/w/aurora/conversations/{talks()[0].id}")
    assert texts(page) == ["before", "are you there?", "from the phone", "hello?"]
    assert "3 messages from" in page.text
    assert "fetched after the repair" in page.text
    assert page.text.index("fetched after the repair") < page.text.index("are you there?")


def test_what_a_customer_took_back_does_not_come_back(gap: Gap) -> None:
    mid = gap.writes("oops")
    happen(gap.channel, DeletedEvent(CUSTOMER, clock.now(), mid))
    gap.is_lost()
    gap.is_repaired()
    jobs.close_gaps()
    assert [(one.text, bool(one.deleted_at)) for one in lines()] == [("", True)]


def test_a_message_that_meta_names_otherwise_in_its_inbox_does_not_stand_there_twice(gap: Gap) -> None:
    gap.writes("hello")
    happen(gap.channel, MessageEvent(CUSTOMER, clock.now(), "the webhook's own id", text="hello"))
    gap.is_lost()
    gap.writes("new")
    gap.is_repaired()
    jobs.close_gaps()
    assert sorted(one.text for one in lines()) == ["hello", "new"]


def test_a_reply_of_unknown_fate_is_settled_by_what_meta_holds(gap: Gap, people: People) -> None:
    conversation = write(gap.channel, at=clock.now(), mid=gap.writes("hello"))
    gap.sandbox.control("causes", cause="drop", on=True, endpoint="*/messages")
    reply = actions.reply(conversation.id, people.alice, "sure", "k", now=clock.now())
    actions.send(reply.id, meta=current_app.extensions["meta"], now=clock.now())
    gap.sandbox.control("causes", cause="drop", on=False, endpoint="*/messages")
    gap.answers_in_the_app("sure")
    gap.is_lost()
    gap.is_repaired()
    jobs.close_gaps()
    assert [(one.text, one.send_status) for one in lines()] == [("hello", None), ("sure", "sent")]


def test_connected_again_the_old_way_closes_the_gap_too(gap: Gap) -> None:
    gap.is_lost()
    gap.writes("while lost")
    gap.become(Verdict(Status.DISCONNECTED))
    jobs.close_gaps()
    assert rows() == []
    change(gap.channel, connected_at=clock.now() + timedelta(seconds=1))
    gap.become(HEALTHY)
    jobs.close_gaps()
    assert "while lost" in [one.text for one in lines()]


def test_a_portion_whose_worker_died_is_done_by_another_after_its_lease(gap: Gap) -> None:
    gap.is_lost()
    gap.writes("while lost")
    gap.is_repaired()
    now = clock.now()
    (row_id,) = actions.book_repairs(now)
    assert backfill._take(row_id, now)
    assert not actions.fetch_page(row_id, meta=current_app.extensions["meta"], now=now)
    assert lines() == []
    assert row_id in backfill.due(now + LEASE)
    actions.fetch_page(row_id, meta=current_app.extensions["meta"], now=now + LEASE)
    assert [one.text for one in lines()] == ["while lost"]
    assert [one.count for one in _all(Fetched)] == [1]


def test_one_that_never_gets_through_is_given_up(gap: Gap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be tried for ever, and what waits for its end with it."""

    def broken(*_args: object, **_more: object) -> int:
        raise RuntimeError

    monkeypatch.setattr(backfill.gaps, "store", broken)
    gap.is_lost()
    gap.writes("while lost")
    gap.is_repaired()
    now = clock.now()
    (row_id,) = actions.book_repairs(now)
    fell = 0
    while rows()[0].is_under_way:
        now += LEASE
        try:
            actions.fetch_page(row_id, meta=current_app.extensions["meta"], now=now)
        except RuntimeError:
            fell += 1
    assert (fell, rows()[0].problem) == (backfill.MOST_TRIES, {"kind": "stuck"})


def test_a_busy_meta_is_asked_again_later_and_not_at_once(gap: Gap) -> None:
    gap.is_lost()
    gap.writes("while lost")
    gap.is_repaired()
    gap.sandbox.control("causes", cause="rate_limited", on=True)
    jobs.close_gaps()
    (row,) = rows()
    assert row.due_at > clock.now() + timedelta(seconds=30)
    gap.sandbox.control("causes", cause="rate_limited", on=False)
    actions.fetch_page(row.id, meta=current_app.extensions["meta"], now=row.due_at)
    assert [one.text for one in lines()] == ["while lost"]


def test_a_channel_lost_again_meanwhile_waits_for_its_repair(gap: Gap) -> None:
    gap.is_lost()
    gap.writes("while lost")
    gap.is_repaired()
    (row_id,) = actions.book_repairs(clock.now())
    gap.is_lost()
    jobs.fetch_conversations(row_id)
    (row,) = rows()
    assert row.is_under_way
    gap.is_repaired()
    actions.fetch_page(row_id, meta=current_app.extensions["meta"], now=row.due_at)
    assert [one.text for one in lines()] == ["while lost"]


def test_history_is_offered_fetched_page_by_page_and_is_no_news(
    gap: Gap, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "PAGE_SIZE", 1)
    monkeypatch.setattr(jobs, "PACE_SECONDS", 0)
    gap.sandbox.control("dm", account=gap.channel.external_id, customer=KEVIN, text="latest")
    gap.answers_in_the_app("answered long ago")
    here = f"/w/aurora/channels/{gap.channel.id}/earlier-conversations"
    assert "Fetch earlier conversations" in client.get(here).text
    client.post(here)
    client.post(here)
    assert "so far" in client.get(here).text
    jobs.close_gaps()
    (row,) = rows()
    assert (row.reason, row.conversations, row.problem) == ("history", 3, None)
    assert "Done:" in client.get(here).text
    found = {one.contact.external_id: (one.state, one.unread) for one in talks()}
    assert found[KEVIN] == ("open", 1)
    assert found[CUSTOMER] == ("closed", 0)


def test_history_leaves_what_is_known_as_it_was(gap: Gap, people: People) -> None:
    """Nobody reopened it, and nobody waits since then."""
    gap.writes("years ago")
    closed = write(gap.channel, "known", at=clock.now() + timedelta(seconds=2))
    actions.close(closed.id, people.alice, now=clock.now())
    open_one = write(gap.channel, "waits", contact_id=KEVIN)
    gap.sandbox.control("dm", account=gap.channel.external_id, customer=KEVIN, text="first of all")
    with db.transaction() as session:
        backfill._book(session, gap.channel.id, Reason.HISTORY, clock.now())
    jobs.close_gaps()
    assert {"years ago", "first of all"} <= {one.text for one in lines()}
    found = {one.id: (one.state, one.waiting_since, one.unread) for one in talks()}
    assert found[closed.id] == ("closed", None, 1)
    assert found[open_one.id] == ("open", open_one.waiting_since, 1)
    assert log() == [("closed", people.alice.id)]


def test_only_those_who_manage_channels_fetch_history(gap: Gap, people: People, browser: Any) -> None:
    here = f"/w/aurora/channels/{gap.channel.id}/earlier-conversations"
    assert browser(people.bob).post(here).status_code == 403
    assert browser(people.dave).post(here).status_code == 404
    gap.is_lost()
    alice = browser(people.alice)
    assert "works once the account is connected" in alice.get(here).text
    assert alice.post(here).status_code == 303
    assert rows() == []


def test_the_diagnosis_can_fetch_the_newest_at_once(gap: Gap) -> None:
    gap.writes("silent webhook")
    meta = current_app.extensions["meta"]
    assert actions.fetch_newest(gap.channel.id, meta=meta, now=clock.now()) == 1
    assert actions.fetch_newest(gap.channel.id, meta=meta, now=clock.now()) == 0
    assert [one.text for one in lines()] == ["silent webhook"]
