"""Tokens are renewed before they end; what only a person can renew is shown a week ahead."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import NOON, People, make_channel
from tests.rooms.channels.story import Story
from webapp.accounts.models import Person
from webapp.channels.actions.renewals import AGAIN, LEASE, _book, renew_due
from webapp.channels.expiry import Ends, ending
from webapp.channels.models import Channel, Grant
from webapp.core import clock, db
from webapp.core.crypto import Secret
from webapp.mail.models import OutgoingMail
from webapp.meta.gateway import Meta

Enter = Callable[[FlaskClient, Person], FlaskClient]
PAGES = ("/w/aurora", "/w/aurora/social-channels", "/w/aurora/channels/1")


def day(number: float) -> datetime:
    return NOON + timedelta(days=number)


@pytest.mark.parametrize(
    ("token", "data_access", "expected"),
    [
        (None, None, None),
        (day(8), day(30), None),
        (day(7), day(30), (Ends.TOKEN, 7, False)),
        (day(60), day(2.5), (Ends.DATA_ACCESS, 3, False)),
        (day(3), day(2), (Ends.DATA_ACCESS, 2, False)),
        (day(-1), day(30), (Ends.TOKEN, -1, True)),
        (None, day(0), (Ends.DATA_ACCESS, 0, True)),
    ],
)
def test_the_first_end_within_a_week_is_told(
    token: datetime | None, data_access: datetime | None, expected: tuple[Ends, int, bool] | None
) -> None:
    found = ending(token, data_access, NOON)
    assert expected == ((found.what, found.days(NOON), found.is_over) if found else None)


def grant() -> Grant:
    with db.transaction() as session:
        return session.scalars(select(Grant).execution_options(populate_existing=True)).one()


def change(**values: object) -> None:
    with db.transaction() as session:
        for name, value in values.items():
            setattr(session.scalars(select(Grant)).one(), name, value)


def meta_of(app: Flask) -> Meta:
    return app.extensions["meta"]  # type: ignore[no-any-return]


def test_a_token_that_ends_soon_is_renewed_and_nobody_notices(house: Flask, connected: Channel) -> None:
    now = datetime.now(UTC)
    change(expires_at=now + timedelta(days=10))
    old, data_access = grant().user_token.reveal(), grant().data_access_expires_at
    assert renew_due(meta=meta_of(house), now=now) == 1
    fresh = grant()
    assert fresh.user_token.reveal() != old
    assert fresh.expires_at is not None
    assert fresh.expires_at > now + timedelta(days=59)
    assert fresh.data_access_expires_at == data_access
    assert db.session().scalars(select(OutgoingMail)).all() == []
    assert db.session().get_one(Channel, connected.id, populate_existing=True).status == "connected"
    assert renew_due(meta=meta_of(house), now=now + timedelta(days=1)) == 0


@pytest.mark.parametrize("days", [20, -1])
def test_a_token_with_time_left_or_none_is_left_alone(house: Flask, connected: Channel, days: int) -> None:
    now = datetime.now(UTC)
    change(expires_at=now + timedelta(days=days))
    assert renew_due(meta=meta_of(house), now=now) == 0


def test_what_meta_refuses_marks_nothing_and_is_tried_again(house: Flask, story: Story, connected: Channel) -> None:
    now = datetime.now(UTC)
    change(expires_at=now + timedelta(days=10))
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    assert renew_due(meta=meta_of(house), now=now) == 0
    assert db.session().get_one(Channel, connected.id, populate_existing=True).status == "connected"
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=False)
    assert renew_due(meta=meta_of(house), now=now + AGAIN - timedelta(minutes=1)) == 0
    assert renew_due(meta=meta_of(house), now=now + AGAIN) == 1


def test_only_one_process_renews_it_and_a_crash_gives_it_back(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    change(expires_at=day(10))
    assert (len(_book(NOON)), len(_book(NOON))) == (1, 0)
    assert len(_book(NOON + LEASE)) == 1


def test_nobody_renews_a_login_that_no_channel_uses(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice, status="disconnected")
    change(expires_at=day(10))
    assert _book(NOON) == []


def test_a_new_login_that_was_faster_keeps_its_token(
    house: Flask, connected: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, meta = datetime.now(UTC), meta_of(house)
    change(expires_at=now + timedelta(days=10))
    exchange = meta.renew_token

    def meanwhile(token: Secret) -> object:
        fresh = exchange(token)
        change(user_token=Secret("of the new login"))
        return fresh

    monkeypatch.setattr(meta, "renew_token", meanwhile)
    assert renew_due(meta=meta, now=now) == 0
    assert grant().user_token.reveal() == "of the new login"


@pytest.fixture
def lin(app: Flask, people: People, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A channel on a login with these ends, at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOON)

    def make(status: str = "connected", cause: str | None = None, **ends: datetime) -> None:
        with app.app_context():
            make_channel(people.aurora, people.alice, status=status, cause=cause, verdict_at=NOON, checked_at=NOON)
            change(**ends)

    return make


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_end_is_shown_a_week_ahead_in_row_page_and_overview(
    client: FlaskClient, people: People, sign_in: Enter, lin: Callable[..., None]
) -> None:
    lin(data_access_expires_at=day(5))
    sign_in(client, people.alice)
    for page in PAGES:
        text = words(client.get(page).text)
        assert "The access to data that 林小姐 gave ends in 5 days, on 27 Nov" in text, page
        assert "needs you" not in text
    client.post("/sign-out")
    sign_in(client, people.bob)
    for page in PAGES:
        text = words(client.get(page).text)
        assert "Ask Alice, Carol to renew it." in text, page
        assert "“Reauthorise”" not in text


def test_what_is_far_away_or_already_lost_is_not_warned_of(
    client: FlaskClient, people: People, sign_in: Enter, lin: Callable[..., None]
) -> None:
    lin(status="lost", cause="expired", expires_at=day(-1), data_access_expires_at=day(5))
    sign_in(client, people.alice)
    for page in PAGES:
        text = words(client.get(page).text)
        assert "ends in" not in text, page
        assert "authorisation of 林小姐 ended" not in text, page
