"""The incident's ledger: who was told, when, or why not."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import NOON, People
from tests.rooms.channels.test_notify import LATER, change, lose
from webapp.accounts.models import Membership, Person, Workspace
from webapp.channels.actions.notify import LOOK_AGAIN, notify_due
from webapp.channels.models import Notice
from webapp.core import clock, db
from webapp.mail.models import OutgoingMail


def ledger() -> list[tuple[str | None, str]]:
    with db.transaction() as session:
        rows = session.scalars(select(Notice).order_by(Notice.id).execution_options(populate_existing=True))
        return [(one.person.email if one.person else None, one.outcome) for one in rows]


def test_the_ledger_says_that_the_plan_had_ended_and_says_it_once(house: Flask, people: People) -> None:
    change(Workspace, people.aurora.id, plan_ends_at=NOON)
    lose(people)
    for hours in range(4):
        notify_due(LATER + hours * LOOK_AGAIN)
    assert ledger() == [(None, "plan_ended")]
    change(Workspace, people.aurora.id, plan_ends_at=None)
    notify_due(LATER + 4 * LOOK_AGAIN)
    assert ledger()[1:] == [("alice@example.com", "written"), ("carol@example.com", "written")]


def test_the_ledger_says_that_nobody_had_the_right(house: Flask, people: People) -> None:
    for place in people.aurora.memberships:
        change(Membership, place.id, disabled_at=NOON)
    lose(people)
    notify_due(LATER)
    assert ledger() == [(None, "nobody")]


def test_who_has_no_address_is_in_the_ledger_and_is_told_once_there_is_one(house: Flask, people: People) -> None:
    change(Person, people.alice.id, email="")
    carols_place = next(one for one in people.aurora.memberships if one.person_id == people.carol.id)
    change(Membership, carols_place.id, disabled_at=NOON)
    lose(people)
    assert notify_due(LATER) == 0
    assert ledger() == [("", "no_address")]
    change(Person, people.alice.id, email="alice@example.com")
    assert notify_due(LATER + LOOK_AGAIN) == 1
    assert ledger() == [("alice@example.com", "written")]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sent_at": LATER}, "Mail to Carol "),
        ({}, "Mail to Carol is on its way"),
        ({"problem": "ConnectionRefusedError"}, "the mail server did not take it yet"),
        ({"problem": "SMTPRecipientsRefused 550", "given_up_at": LATER}, "the mail server refused it for a week"),
        ({"unknown": 2, "problem": "TimeoutError"}, "was sent, but the mail server did not confirm it"),
    ],
)
def test_the_channels_page_says_what_became_of_each_mail(
    client: FlaskClient,
    house: Flask,
    people: People,
    sign_in: Callable[[FlaskClient, Person], FlaskClient],
    values: dict[str, object],
    words: str,
) -> None:
    channel = lose(people)
    notify_due(LATER)
    with db.transaction() as session:
        mail = session.scalars(select(OutgoingMail).where(OutgoingMail.address == "carol@example.com")).one()
        mail.written_at = clock.now()
        for name, value in values.items():
            setattr(mail, name, value)
    sign_in(client, people.alice)
    assert words in client.get(f"/w/aurora/channels/{channel.id}").text


def test_the_channels_page_says_that_the_plan_had_ended(
    client: FlaskClient, house: Flask, people: People, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    change(Workspace, people.aurora.id, plan_ends_at=NOON)
    channel = lose(people)
    notify_due(LATER)
    sign_in(client, people.alice)
    assert "No mail: the plan has ended." in client.get(f"/w/aurora/channels/{channel.id}").text
