"""Meta fails, or wants to be left alone: nobody is marked, and everybody learns of it in the right way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from tests.people import NOON, People, make_channel
from tests.rooms.mail.conftest import ScriptedMailer
from tests.rooms.scheduler.fake_meta import FakeMeta, as_meta
from webapp.accounts.models import Person
from webapp.channels.models import Channel, Grant, Incident
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.mail.actions import send_due
from webapp.mail.models import OutgoingMail
from webapp.meta.errors import AppRefused, GraphError
from webapp.scheduler import actions, queries
from webapp.scheduler.models import MetaState, Round
from webapp.scheduler.rules import REST, enough_failed, most_failed, pause_after

SignIn = Callable[[FlaskClient, Person], FlaskClient]
OUTAGE = GraphError(code=2, is_transient=True)
LATER = timedelta(minutes=11)


@pytest.fixture
def meta() -> FakeMeta:
    return FakeMeta()


@pytest.fixture
def channels(house: Flask, people: People) -> list[int]:
    return connect(people, 8)


def connect(people: People, count: int) -> list[int]:
    """Channels of four different logins, due at noon."""
    first = make_channel(people.aurora, people.alice, number=1)
    with db.transaction() as session:
        grants = [
            Grant(
                workspace_id=people.aurora.id,
                facebook_user_id=f"80{number}",
                facebook_user_name="林小姐",
                user_token=Secret("user-token"),
                granted_at=NOON,
            )
            for number in range(4)
        ]
        session.add_all(grants)
        session.flush()
        made = [_channel(first, number, grants[number % 4].id) for number in range(2, count + 1)]
        for one in made:
            session.add(one)
        session.get_one(Channel, first.id).page_token = Secret(first.external_id)
    return [first.id, *(one.id for one in made)]


def _channel(pattern: Channel, number: int, grant_id: int) -> Channel:
    values = {one.key: getattr(pattern, one.key) for one in Channel.__table__.columns if one.key != "id"}
    account = f"17841490{number:05d}"
    return Channel(
        **values
        | {
            "external_id": account,
            "page_id": f"2{number:06d}",
            "page_token": Secret(account),
            "grant_id": grant_id,
        }
    )


def sweep(meta: FakeMeta, after: timedelta = timedelta()) -> None:
    actions.sweep(as_meta(meta), lambda: NOON + after)


def held() -> list[Channel]:
    with db.transaction() as session:
        return list(session.scalars(select(Channel).order_by(Channel.id).execution_options(populate_existing=True)))


def state() -> MetaState:
    db.leave()
    return queries.meta_state()


def mails() -> list[str]:
    with db.transaction() as session:
        return list(session.scalars(select(OutgoingMail.subject)))


@contextmanager
def counted_statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_an_outage_marks_nobody_and_tells_the_operator_once(channels: list[int], meta: FakeMeta) -> None:
    meta.everywhere = OUTAGE
    sweep(meta)
    sweep(meta, LATER)
    assert {one.status for one in held()} == {"connected"}
    assert mails() == ["Meta 沒有回應：無法檢查帳號"]
    assert queries.trouble() == "unreachable"


def test_the_banner_goes_away_by_itself_when_checks_pass_again(
    app: Flask, client: FlaskClient, people: People, sign_in: SignIn, meta: FakeMeta
) -> None:
    sign_in(client, people.carol)
    with app.app_context():
        connect(people, 8)
        meta.everywhere = OUTAGE
        sweep(meta)
    page = client.get("/w/aurora").text
    assert "Facebook does not answer at the moment" in page
    assert "Open the hourly check" not in page, "Carol is no operator"
    meta.everywhere = None
    with app.app_context():
        sweep(meta, LATER)
    assert "Facebook does not answer at the moment" not in client.get("/w/aurora").text


def test_a_second_outage_is_a_second_mail(channels: list[int], meta: FakeMeta) -> None:
    for hours in (0, 2):
        meta.everywhere = OUTAGE
        sweep(meta, timedelta(hours=hours))
        meta.everywhere = None
        sweep(meta, timedelta(hours=hours, minutes=20))
    assert len(mails()) == 2


@pytest.mark.parametrize("is_over", [False, True])
def test_operators_are_mailed_of_trouble_only_while_it_lasts(
    channels: list[int], meta: FakeMeta, is_over: bool
) -> None:
    meta.everywhere = OUTAGE
    sweep(meta)
    if is_over:
        meta.everywhere = None
        sweep(meta, LATER)
    mailer = ScriptedMailer()
    send_due(mailer, lambda: NOON + LATER)
    assert len(mailer.letters) == (0 if is_over else 1)


def test_a_refusal_of_our_own_app_is_the_operators_matter(channels: list[int], meta: FakeMeta) -> None:
    meta.everywhere = AppRefused(code=190)
    sweep(meta)
    assert {one.status for one in held()} == {"connected"}
    assert queries.trouble() == "app"
    assert state().evidence["code"] == 190


def test_the_same_fault_for_most_logins_marks_nobody(channels: list[int], meta: FakeMeta) -> None:
    meta.everywhere = GraphError(code=10)
    sweep(meta)
    assert {one.status for one in held()} == {"connected"}
    assert queries.trouble() == "alike"
    with db.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 0


def test_dead_tokens_are_lost_even_if_it_is_most_of_them(channels: list[int], meta: FakeMeta) -> None:
    meta.everywhere = GraphError(code=190, subcode=460)
    sweep(meta)
    assert {one.status for one in held()} == {"lost"}
    assert queries.trouble() == ""


def test_one_page_that_cannot_be_checked_is_no_outage(channels: list[int], meta: FakeMeta) -> None:
    meta.errors[held()[0].page_id] = OUTAGE
    for minutes in (0, 11, 22, 33):
        sweep(meta, timedelta(minutes=minutes))
    assert queries.trouble() == ""
    assert mails() == []


def test_what_came_to_no_verdict_is_tried_again_before_the_hour_is_over(channels: list[int], meta: FakeMeta) -> None:
    page_id = held()[0].page_id
    meta.errors[page_id] = OUTAGE
    sweep(meta)
    meta.errors.clear()
    meta.asked.clear()
    sweep(meta, LATER)
    assert meta.asked == [page_id]
    assert held()[0].verdict_at == NOON + LATER


def test_during_an_outage_a_few_channels_are_tried_and_the_rest_wait(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    connect(people, 1200)
    meta.everywhere = OUTAGE
    sweep(meta)
    first = len(meta.asked)
    assert first < 1200, "asking on was of no use"
    sweep(meta, timedelta(seconds=15))
    assert len(meta.asked) - first <= 50
    meta.everywhere = None
    sweep(meta, LATER)
    assert {one.verdict_at for one in held()} == {NOON + LATER}


def test_the_apps_limit_stops_every_process_until_the_time_that_meta_gives(channels: list[int], meta: FakeMeta) -> None:
    meta.everywhere = GraphError(code=4, retry_after=1200)
    sweep(meta)
    meta.everywhere, asked = None, len(meta.asked)
    sweep(meta, timedelta(seconds=1199))
    assert len(meta.asked) == asked
    assert {one.checked_at for one in held()} == {None}, "they were not checked, so they are still due"
    sweep(meta, timedelta(seconds=1200))
    assert {one.checked_at for one in held()} == {NOON + timedelta(seconds=1200)}
    assert mails() == []


def test_a_pages_own_limit_stops_only_that_page(channels: list[int], meta: FakeMeta) -> None:
    page_id = held()[0].page_id
    meta.errors[page_id] = GraphError(code=80001, retry_after=7200)
    sweep(meta)
    meta.asked.clear()
    sweep(meta, timedelta(minutes=61))
    assert len(meta.asked) == 7
    sweep(meta, timedelta(hours=2))
    assert page_id in meta.asked


def test_near_its_limit_the_sweep_rests(channels: list[int], meta: FakeMeta) -> None:
    meta.app_usage = {"call_count": 81, "total_time": 5}
    sweep(meta)
    assert state().is_paused(NOON + REST - timedelta(seconds=1))
    assert not state().is_paused(NOON + REST)


@pytest.mark.parametrize(("usage", "seconds"), [(0, 0), (60, 0), (61, 3), (74, 42), (75, 300), (100, 300)])
def test_the_pause_grows_with_the_use(usage: int, seconds: int) -> None:
    assert pause_after(usage, 0) == timedelta(seconds=seconds)
    assert pause_after(usage, 900) == timedelta(seconds=900)


def test_most_is_more_than_half() -> None:
    assert [most_failed(4, failed) for failed in (1, 2, 3)] == [False, False, True]
    assert not most_failed(0, 0)


def test_a_small_console_needs_all_of_its_few_channels_to_fail() -> None:
    assert [enough_failed(count) for count in (1, 2, 3, 500, 100_000)] == [1, 2, 3, 10, 100]


def test_a_thousand_unchanged_channels_cost_less_than_two_statements_for_fifty(
    house: Flask, people: People, meta: FakeMeta
) -> None:
    connect(people, 1000)
    with counted_statements(house) as statements:
        sweep(meta)
    assert len(meta.asked) == 1000
    assert len(statements) <= 2 * 1000 / 50
    with db.transaction() as session:
        swept = session.scalars(select(Round)).one()
    assert (swept.checked, swept.requests) == (1000, 4 * 1000 / 50)


def test_changes_that_are_found_together_share_their_statements(house: Flask, people: People, meta: FakeMeta) -> None:
    connect(people, 200)
    for channel in held()[::10]:
        meta.errors[channel.page_id] = GraphError(code=190, subcode=460)
    with counted_statements(house) as statements:
        sweep(meta)
    assert sum(one.status == "lost" for one in held()) == 20
    with db.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 20
    assert len(statements) < 4 * 20, "six for each change would be 120"


def test_an_ended_login_has_nobody_asked_twice_who_is_being_asked_already(channels: list[int], meta: FakeMeta) -> None:
    with db.transaction() as session:
        session.execute(update(Channel).values(checked_at=NOON - timedelta(hours=1)))
    for channel in held():
        meta.errors[channel.page_id] = GraphError(code=190, subcode=460)
    actions.sweep(as_meta(meta), lambda: NOON, limit=4)
    assert sorted(meta.asked) == sorted(one.page_id for one in held())
