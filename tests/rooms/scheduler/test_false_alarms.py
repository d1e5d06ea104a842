"""A fault of everybody's marks nobody and mails nobody, however its checks fall over the hour; a true one is told."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.people import NOON, People
from tests.rooms.scheduler.fake_meta import FakeMeta, as_meta
from webapp.channels.actions import lose_user, report_refusal
from webapp.channels.actions.notify import GATHER_AT_MOST, notify_due
from webapp.channels.actions.settle import settle
from webapp.channels.models import Channel, Grant, Incident
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.mail.models import OutgoingMail
from webapp.meta.errors import GraphError
from webapp.scheduler import actions, queries

# Said for a Page or an app alike; the tokens are good, so it proves nothing of anybody's own.
REFUSED = GraphError(code=10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def meta() -> FakeMeta:
    return FakeMeta()


def connect(people: People, count: int, *, logins: int | None = None, every: timedelta = MINUTE) -> list[Channel]:
    """Channels that work, due one after the other; each of a login of its own, if not said otherwise."""
    with db.transaction() as session:
        grants = [
            Grant(
                workspace_id=people.aurora.id,
                facebook_user_id=f"80{number}",
                facebook_user_name="林小姐",
                user_token=Secret("user-token"),
                granted_at=NOON,
            )
            for number in range(logins or count)
        ]
        session.add_all(grants)
        session.flush()
        made = [
            _channel(people, number, grants[number % len(grants)], NOON + number * every) for number in range(count)
        ]
        session.add_all(made)
    return made


def _channel(people: People, number: int, grant: Grant, due: datetime) -> Channel:
    before = due - timedelta(hours=1)
    return Channel(
        workspace_id=people.aurora.id,
        platform="instagram",
        external_id=f"17841490{number:05d}",
        name=f"Shop {number}",
        username=f"shop.{number}",
        page_id=f"2{number:06d}",
        page_token=Secret(f"17841490{number:05d}"),
        grant_id=grant.id,
        status="connected",
        status_since=before - timedelta(days=3),
        connected_at=before - timedelta(days=3),
        authorized_at=before - timedelta(days=3),
        checked_at=before,
        verdict_at=before,
        next_check_at=due,
    )


def work(meta: FakeMeta, since: datetime, until: datetime, every: timedelta = MINUTE) -> None:
    """What the ticks do, less often than they really do."""
    now = since
    while now <= until:
        tick(meta, now)
        now += every


def tick(meta: FakeMeta, now: datetime) -> int:
    actions.sweep(as_meta(meta), lambda: now)
    return notify_due(now)


def states() -> Counter[str]:
    with db.transaction() as session:
        return Counter(session.scalars(select(Channel.status)))


def mailed() -> list[str]:
    """Subjects of the mails to customers, as Carol reads them."""
    with db.transaction() as session:
        wanted = select(OutgoingMail.subject).where(OutgoingMail.key.startswith("channel-lost/"))
        return list(session.scalars(wanted.where(OutgoingMail.address == "carol@example.com")))


def incidents() -> list[Incident]:
    with db.transaction() as session:
        return list(session.scalars(select(Incident).order_by(Incident.id)))


def test_a_fault_at_meta_marks_nobody_when_checks_are_spread_over_the_hour(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    connect(people, 60)
    meta.everywhere = REFUSED
    work(meta, NOON, NOON + 15 * MINUTE)
    assert len(meta.asked) >= 25
    assert states() == {"connected": 60}
    assert mailed() == []
    assert queries.trouble() == "alike"
    first, *others = incidents()
    assert (first.closed_by, others) == ("doubt", []), "the first was shown for a moment, and taken back"


def test_what_a_refused_reply_says_meanwhile_is_not_believed_either(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    channels = connect(people, 20)
    meta.everywhere = GraphError(code=200, subcode=2534041)
    work(meta, NOON, NOON + MINUTE)
    report_refusal(channels[-1].id, meta.everywhere, noticed_by="send", now=NOON + MINUTE)
    assert states() == {"connected": 20}


def test_when_the_fault_is_over_whoever_is_truly_broken_is_told(house: Flask, people: People, meta: FakeMeta) -> None:
    broken = connect(people, 12)[3]
    meta.everywhere = REFUSED
    work(meta, NOON, NOON + 20 * MINUTE)
    meta.everywhere, meta.errors = None, {broken.page_id: REFUSED}
    work(meta, NOON + 21 * MINUTE, NOON + 40 * MINUTE)
    assert states() == {"connected": 11, "lost": 1}
    assert mailed() == ["@shop.3 lost its connection: please reauthorise"]
    assert queries.trouble() == ""


def test_a_few_who_truly_lost_it_among_many_are_told_within_minutes(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    broken = connect(people, 60)[5::10]
    meta.errors = {one.page_id: REFUSED for one in broken}
    for minute in range(0, 62, 3):
        tick(meta, NOON + minute * MINUTE)
        late = [one for one in incidents() if one.notify_at and one.opened_at < NOON + minute * MINUTE - GATHER_AT_MOST]
        assert late == [], "told within minutes of its check"
    assert states() == {"connected": 54, "lost": 6}
    assert len(incidents()) == 6
    assert all(one.settled for one in incidents())
    assert queries.trouble() == ""


def test_it_is_shown_at_once_and_mailed_when_a_few_others_were_asked(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    broken = connect(people, 30, every=timedelta(seconds=1))[0]
    with db.transaction() as session:
        half = timedelta(minutes=30)
        session.execute(
            update(Channel).where(Channel.id != broken.id).values(next_check_at=NOON + half, checked_at=NOON - half)
        )
    meta.errors = {broken.page_id: REFUSED}
    tick(meta, NOON)
    assert states()["lost"] == 1
    assert mailed() == []
    assert len(meta.asked) == 1
    tick(meta, NOON + timedelta(seconds=15))
    assert len(meta.asked) == 9
    tick(meta, NOON + timedelta(seconds=30))
    assert len(mailed()) == 1
    assert len(meta.asked) == 9, "nobody was asked twice"


@pytest.mark.parametrize(("count", "logins"), [(1, 1), (3, 3), (4, 4), (10, 2)])
def test_a_small_console_waits_for_nobody(
    house: Flask, people: People, meta: FakeMeta, count: int, logins: int
) -> None:
    channels = connect(people, count, logins=logins, every=timedelta(minutes=10))
    meta.errors = {channels[0].page_id: REFUSED}
    tick(meta, NOON)
    tick(meta, NOON + timedelta(seconds=11))
    assert len(mailed()) == 1
    assert len(meta.asked) <= count / logins, "nobody was asked but the accounts of the same login"


def test_a_dead_token_is_told_without_asking_others(house: Flask, people: People, meta: FakeMeta) -> None:
    connect(people, 20, every=timedelta(minutes=10))
    meta.everywhere = GraphError(code=190, subcode=460)
    tick(meta, NOON)
    tick(meta, NOON + timedelta(seconds=11))
    assert len(mailed()) == 1
    assert len(meta.asked) == 1


def test_when_most_of_a_small_console_are_truly_broken_they_are_told_after_three_hours(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    channels = connect(people, 10)
    meta.errors = {one.page_id: REFUSED for one in channels[:6]}
    work(meta, NOON, NOON + timedelta(hours=2, minutes=45), 15 * MINUTE)
    assert states() == {"connected": 10}
    work(meta, NOON + timedelta(hours=3), NOON + timedelta(hours=4), 15 * MINUTE)
    assert states() == {"connected": 4, "lost": 6}
    assert mailed()


def test_all_that_fail_alike_are_never_told_however_long_it_lasts(house: Flask, people: People, meta: FakeMeta) -> None:
    connect(people, 8)
    meta.everywhere = REFUSED
    work(meta, NOON, NOON + timedelta(hours=9), 40 * MINUTE)
    assert states() == {"connected": 8}
    assert mailed() == []


def test_after_an_hour_without_answers_of_others_it_is_told(house: Flask, people: People, meta: FakeMeta) -> None:
    first, *others = connect(people, 8, every=timedelta(minutes=10))
    meta.errors = {one.page_id: GraphError(code=2, is_transient=True) for one in others} | {first.page_id: REFUSED}
    work(meta, NOON, NOON + 59 * MINUTE, 10 * MINUTE)
    assert mailed() == []
    tick(meta, NOON + 60 * MINUTE)
    assert len(mailed()) == 1


def test_those_due_in_the_same_moment_are_doubted_without_being_shown(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    connect(people, 60, every=timedelta())
    meta.everywhere = REFUSED
    tick(meta, NOON)
    assert states() == {"connected": 60}
    assert incidents() == []
    with db.transaction() as session:
        session.execute(update(Channel).values(next_check_at=NOON + MINUTE))
    meta.everywhere = None
    tick(meta, NOON + MINUTE)
    with db.transaction() as session:
        assert set(session.scalars(select(Channel.doubted))) == {None}, "health ends the doubt"


def test_who_removed_the_app_is_told_at_once_however_many_they_are(house: Flask, people: People) -> None:
    """Meta's signed call names the person: no look at what others answer is needed, and none takes it back."""
    channels = connect(people, 12)
    for number in range(6):
        assert lose_user(f"80{number}", now=NOON) == 1
    settle(NOON + MINUTE)
    assert states() == {"lost": 6, "connected": len(channels) - 6}
    assert all(one.settled for one in incidents())
    with db.transaction() as session:
        session.execute(update(Channel).values(next_check_at=NOON + 60 * MINUTE))
    notify_due(NOON + MINUTE)
    told = db.session().scalars(select(OutgoingMail)).all()
    assert len(told) == 2
    assert all(f"@shop.{number}" in mail.text for mail in told for number in range(6))
