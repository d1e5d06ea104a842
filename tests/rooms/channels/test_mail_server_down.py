"""The mail server is gone for hours, really: nobody listens on its port. Nobody misses a mail, and nobody gets two."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import NOON, People, make_channel
from tests.running import Sandbox
from webapp.accounts.actions import mail_password_link
from webapp.channels import jobs as telling
from webapp.channels.actions.repair_links import create_link, revoke_link
from webapp.channels.models import Channel, Incident, Notice
from webapp.channels.rules import HEALTHY, Verdict
from webapp.channels.status import Status
from webapp.core import clock, db
from webapp.mail import jobs as sending
from webapp.mail.models import OutgoingMail
from webapp.mail.rules import SERVER_PAUSE
from webapp.meta.errors import Cause

PASSWORD_CHANGED = Verdict(Status.LOST, Cause.PASSWORD_CHANGED, {"code": 190, "subcode": 460}, by_token=True)
HOUR = timedelta(hours=1)
STEP = 2 * SERVER_PAUSE
TOLD = ("alice@example.com", "carol@example.com")


class Clock:
    """Goes in steps; at each, what the ticks do is done once."""

    def __init__(self) -> None:
        self.now = NOON

    def run_until(self, moment: datetime) -> None:
        while self.now < moment:
            self.now += STEP
            telling.tell()
            sending.send_due()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    ours = Clock()
    monkeypatch.setattr(clock, "now", lambda: ours.now)
    return ours


@pytest.fixture
def shops(house: Flask, people: People, sandbox: Sandbox) -> Iterator[Sequence[Channel]]:
    """Three accounts, none of them due, and no mail server."""
    later = {"next_check_at": NOON + 20 * HOUR, "checked_at": NOON, "verdict_at": NOON}
    sandbox.close_mail_server()
    yield [make_channel(people.aurora, people.alice, number=number, **later) for number in (1, 2, 3)]
    if sandbox.smtp is None:
        sandbox.open_mail_server()


def become(channel: Channel, verdict: Verdict) -> None:
    with db.transaction() as session:
        current = session.get_one(Channel, channel.id, populate_existing=True, with_for_update=True)
        current.become(verdict, noticed_by="sweep", now=clock.now())


def received(sandbox: Sandbox) -> list[tuple[str, str]]:
    return sorted((recipient, mail["message_id"]) for mail in sandbox.mails() for recipient in mail["to"])


def outbox() -> list[bool]:
    """Of each mail, whether it still waits."""
    with db.transaction() as session:
        return [one.sent_at is None and one.withdrawn_at is None for one in session.scalars(select(OutgoingMail))]


def ledger(channel: Channel) -> list[tuple[str, str, bool]]:
    """Of the channel's incidents, in order: to whom, what became of it, and whether it was sent once all was well."""
    with db.transaction() as session:
        wanted = select(Notice).join(Incident, Incident.id == Notice.incident_id).order_by(Notice.id)
        found = session.scalars(wanted.where(Incident.channel_id == channel.id)).all()
        return [
            (one.person.email if one.person else "", one.outcome, bool(one.mail and one.mail.sent_at)) for one in found
        ]


def test_six_hours_without_a_mail_server_lose_no_mail_double_none_and_send_none_that_is_not_true_any_more(
    shops: Sequence[Channel], sandbox: Sandbox, time: Clock
) -> None:
    stays, heals, later = shops
    become(stays, PASSWORD_CHANGED)
    become(heals, PASSWORD_CHANGED)
    time.run_until(NOON + 2 * HOUR)
    become(later, PASSWORD_CHANGED)
    time.run_until(NOON + 4 * HOUR)
    become(heals, HEALTHY)
    time.run_until(NOON + 6 * HOUR)
    assert received(sandbox) == []
    waiting = db.session().scalars(select(OutgoingMail).where(OutgoingMail.withdrawn_at.is_(None))).all()
    assert {one.problem for one in waiting} == {"ConnectionRefusedError"}
    db.leave()

    sandbox.open_mail_server()
    time.run_until(NOON + 7 * HOUR)
    mails = received(sandbox)
    assert [recipient for recipient, _ in mails] == sorted(TOLD * 2)
    assert len({message_id for _, message_id in mails}) == 4
    english = {mail["subject"] for mail in sandbox.mails() if "carol@example.com" in mail["to"]}
    assert english == {
        "@shop.1 lost its connection: please reauthorise",
        "@shop.3 lost its connection: please reauthorise",
    }
    assert not any("@shop.2" in mail["text"] for mail in sandbox.mails())
    for channel, outcome, sent in ((stays, "written", True), (heals, "withdrawn", False), (later, "written", True)):
        assert sorted(ledger(channel)) == [(person, outcome, sent) for person in TOLD]
    back = {one.sent_at for one in db.session().scalars(select(OutgoingMail)) if one.sent_at}
    assert back <= {NOON + 6 * HOUR + STEP, NOON + 6 * HOUR + 2 * STEP}

    time.run_until(NOON + 9 * HOUR)
    assert received(sandbox) == mails


def test_after_nine_days_the_mail_still_comes_and_the_operator_saw_all_along_what_was_wrong(
    shops: Sequence[Channel], sandbox: Sandbox, time: Clock, client: FlaskClient, people: People, sign_in: object
) -> None:
    assert callable(sign_in)
    become(shops[0], PASSWORD_CHANGED)
    time.run_until(NOON + HOUR / 2)
    time.now = NOON + timedelta(days=9)
    time.run_until(time.now + HOUR / 2)
    page = sign_in(client, people.alice).get("/scheduler").text
    assert "Mails could not be delivered" in page
    assert "2 mails wait: the mail server does not take them." in page
    assert "ConnectionRefusedError" in page
    history = client.get(f"/w/aurora/channels/{shops[0].id}").text
    assert "Mail to Carol waits: the mail server did not take it yet." in history
    sandbox.open_mail_server()
    time.run_until(time.now + HOUR / 2)
    assert [recipient for recipient, _ in received(sandbox)] == list(TOLD)
    assert "Mails could not be delivered" not in client.get("/scheduler").text


def test_a_link_that_is_dead_before_the_server_is_back_does_not_leave(
    shops: Sequence[Channel], people: People, sandbox: Sandbox, time: Clock
) -> None:
    mail_password_link(people.alice.email, client=None, now=NOON)
    links = [
        create_link(shop, people.alice, address=f"owner{number}@example.com", locale="en", now=NOON)[0]
        for number, shop in enumerate(shops)
    ]
    revoke_link(links[0], people.alice, now=NOON)
    time.run_until(NOON + 2 * HOUR)
    sandbox.open_mail_server()
    time.run_until(NOON + 3 * HOUR)
    assert [recipient for recipient, _ in received(sandbox)] == ["owner1@example.com", "owner2@example.com"]
    assert outbox() == [False] * 4, "nothing that is over waits on"
