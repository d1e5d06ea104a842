"""The live test: somebody sends a DM now, and we watch for it."""

from datetime import datetime, timedelta

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

# Meta is asked this often while nothing comes; a message it has had for so long is not on its way any more.
ASK_EVERY = timedelta(seconds=30)
OVERDUE = timedelta(seconds=20)
# Meta's clock and ours may differ a little, and its times have whole seconds.
CLOCKS = timedelta(seconds=5)


def begin_test(channel: Channel, person: Person, *, now: datetime) -> LiveTest:
    """Wait from now on. A test that still waits is replaced."""
    after = queries.last_message_id()
    with db.transaction() as session:
        begun = LiveTest(channel_id=channel.id, person_id=person.id, began_at=now, after_message_id=after)
        session.add(begun)
    return begun


def observe(test: LiveTest, channel: Channel, *, meta: Meta, now: datetime, at_once: bool = False) -> bool:
    """Look whether it came; ask Meta now and then, at the end, or `at_once`. Says whether anything changed."""
    if test.ended_at is not None:
        return False
    if _arrived(test, channel, now):
        return True
    is_last = now >= test.ends_by or at_once
    if not is_last and now - (test.asked_meta_at or test.began_at) < ASK_EVERY:
        return False
    return _ask_meta(test, channel, meta, now, is_last)


def _arrived(test: LiveTest, channel: Channel, now: datetime) -> bool:
    message = queries.first_arrival(test)
    if message is None:
        return False
    heard = queries.heard(channel)
    with db.transaction() as session:
        current = session.get_one(LiveTest, test.id, with_for_update=True, populate_existing=True)
        current.written_at, current.delivered_at, current.delivery_id = message.at, heard.at, heard.delivery_id
        current.end(Ending.ARRIVED, now=now)
    return True


def _ask_meta(test: LiveTest, channel: Channel, meta: Meta, now: datetime, is_last: bool) -> bool:
    case = Case.of(channel, meta, "", now)
    db.leave()
    try:
        remote = meta.newest_messages(case.platform, case.subject.page_id, case.page_token)
    except GraphError:
        return _note(test, now, Ending.UNANSWERED if is_last else None)
    new = [one for one in from_customers(remote, channel.external_id) if one.at >= test.began_at - CLOCKS]
    missing = [one for one in new if not queries.has_message(channel, one.id)]
    if any(is_last or now - one.at >= OVERDUE for one in missing):
        return _note(test, now, Ending.AT_META, fetched=_fetch(channel, meta, now), written_at=missing[-1].at)
    return _note(test, now, Ending.NOWHERE if is_last else None)


def _fetch(channel: Channel, meta: Meta, now: datetime) -> int:
    """What was not delivered comes into its conversation all the same. Meta told of it just now; should it not tell
    all of it, nothing is lost: it is still at Meta."""
    try:
        return inbox.fetch_newest(channel.id, meta=meta, now=now)
    except (GraphError, inbox.NotConnected):
        return 0


def _note(
    test: LiveTest, now: datetime, ending: Ending | None, fetched: int = 0, written_at: datetime | None = None
) -> bool:
    with db.transaction() as session:
        current = session.get_one(LiveTest, test.id, with_for_update=True, populate_existing=True)
        current.asked_meta_at = now
        if ending is not None and current.ended_at is None:
            current.fetched, current.written_at = fetched, written_at
            current.end(ending, now=now)
    return ending is not None
