"""A check that took longer than its lease, and one that a Page's own limit puts off."""

from datetime import timedelta

from flask import Flask

from tests.people import NOON, People
from tests.rooms.scheduler.fake_meta import FakeMeta, as_meta
from tests.rooms.scheduler.test_trouble import connect, held
from webapp.channels.actions import check_channels
from webapp.channels.actions.ask import ask_portion
from webapp.channels.actions.record import Tally, record_portions
from webapp.channels.actions.watched import load
from webapp.core import db
from webapp.meta.errors import GraphError
from webapp.scheduler import actions, queries
from webapp.scheduler.rules import OVERDUE_AFTER

LATER = NOON + timedelta(minutes=6)


def test_what_another_process_has_checked_meanwhile_is_not_recorded_a_second_time(house: Flask, people: People) -> None:
    ids, meta = connect(people, 3), as_meta(FakeMeta())
    asked = ask_portion(load(ids), meta)
    db.leave()
    check_channels(ids[:2], meta=meta, now=LATER, noticed_by="sweep")
    tally = Tally()
    record_portions([asked], tally, now=NOON, noticed_by="sweep")
    assert tally.checked == 1
    assert [one.checked_at for one in held()] == [LATER, LATER, NOON]


def test_a_channel_that_waits_for_its_pages_limit_was_not_missed(house: Flask, people: People) -> None:
    connect(people, 1)
    meta = FakeMeta()
    meta.errors[held()[0].page_id] = GraphError(code=80001, retry_after=3 * 3600)
    actions.sweep(as_meta(meta), lambda: NOON)
    late = NOON + OVERDUE_AFTER + timedelta(minutes=1)
    assert not queries.missed(late)
    assert queries.missed(NOON + timedelta(hours=3)), "its time has come, and nobody checks it"
