"""The live test: somebody sends a DM now, and we watch for it, whether or not anybody looks at the page."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete

from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import db
from webapp.diagnosis import queries
from webapp.diagnosis.actions.asking import Case
from webapp.diagnosis.models import Ending, LiveTest
from webapp.diagnosis.rules.checks import from_customers
from webapp.inbox import actions as inbox
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Meta

log = logging.getLogger("webapp.diagnosis")

# A message that Meta has had for so long is not on its way any more.
OVERDUE = timedelta(seconds=20)


def begin_test(channel: Channel, person: Person, *, now: datetime) -> LiveTest:
    """Wait from now on. A test that still waits is replaced."""
    after = queries.last_message_id()
    with db.transaction() as session:
        session.execute(delete(LiveTest).where(LiveTest.channel_id == channel.id, LiveTest.ended_at.is_(None)))
        begun = LiveTest(channel_id=channel.id, person_id=person.id, began_at=now, after_message_id=after)
        session.add(begun)
    return begun


def watch(*, meta: Meta, now: datetime) -> int:
    """Observe every test that waits, so that each ends by itself. Returns how many ended."""
    return sum(_watched(test, meta, now) for test in queries.waiting_tests())


def _watched(test: LiveTest, meta: Meta, now: datetime) -> bool:
    """One that breaks keeps no other from being looked at, and ends with its time."""
    try:
        return observe(test, test.channel, meta=meta, now=now)
    except Exception:
        log.exception("live test %s broke", test.id)
        db.give_up()
        return now >= test.ends_by and _end(test, now, Ending.UNANSWERED)


def observe(test: LiveTest, channel: Channel, *, meta: Meta, now: datetime, at_once: bool = False) -> bool:
    """Look whether it came; ask Meta now and then, at the end, or `at_once`. Says whether the test is over."""
    if test.ended_at is not None or _arrived(test, now):
        return True
    return _book(test, now, at_once) and _ask_meta(test, channel, meta, now, at_once or now >= test.ends_by)


def _arrived(test: LiveTest, now: datetime) -> bool:
    message = queries.first_arrival(test)
    if message is None:
        return False
    if message.delivery_id is None:
        # It is here, yet no delivery brought it: it was fetched.
        return _end(test, now, Ending.AT_META, fetched=1, written_at=message.at)
    heard_at, delivery_id = message.heard_at, message.delivery_id
    return _end(test, now, Ending.ARRIVED, written_at=message.at, delivered_at=heard_at, delivery_id=delivery_id)


def _book(test: LiveTest, now: datetime, at_once: bool) -> bool:
    """Of those who watch at the same time, one asks Meta; should it die meanwhile, another one does later."""
    with db.transaction() as session:
        current = session.get(LiveTest, test.id, with_for_update=True, populate_existing=True)
        if current is None or current.ended_at is not None or not (at_once or current.is_to_ask(now)):
            return False
        current.asked_meta_at = now
    return True


def _ask_meta(test: LiveTest, channel: Channel, meta: Meta, now: datetime, is_last: bool) -> bool:
    case = Case.of(channel, meta, "", now)
    db.leave()
    try:
        remote = meta.newest_messages(case.platform, case.subject.page_id, case.page_token)
    except GraphError:
        return is_last and _end(test, now, Ending.UNANSWERED)
    new = [one for one in from_customers(remote, channel.external_id) if test.is_about(one.at)]
    missing = [one for one in new if not queries.has_message(channel, one.id)]
    if any(is_last or now - one.at >= OVERDUE for one in missing):
        return _end(test, now, Ending.AT_META, fetched=_fetch(channel, meta, now), written_at=missing[-1].at)
    return is_last and _end(test, now, Ending.NOWHERE)


def _fetch(channel: Channel, meta: Meta, now: datetime) -> int:
    """What was not delivered comes into its conversation all the same. Meta told of it just now; should it not tell
    all of it, nothing is lost: it is still at Meta."""
    try:
        return inbox.fetch_newest(channel.id, meta=meta, now=now)
    except (GraphError, inbox.NotConnected):
        return 0


def _end(
    test: LiveTest,
    now: datetime,
    ending: Ending,
    *,
    fetched: int = 0,
    written_at: datetime | None = None,
    delivered_at: datetime | None = None,
    delivery_id: int | None = None,
) -> bool:
    """Whoever sees the end first writes it down."""
    with db.transaction() as session:
        current = session.get(LiveTest, test.id, with_for_update=True, populate_existing=True)
        if current is not None and current.ended_at is None:
            current.fetched, current.written_at = fetched, written_at
            current.delivered_at, current.delivery_id = delivered_at, delivery_id
            current.end(ending, now=now)
    return True
