"""Accounts of one workspace that break together share one mail, and no mail tells of what is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import NOON, People, make_channel
from webapp.channels.actions.notify import GATHER_AT_MOST, notify_due
from webapp.channels.actions.record import record
from webapp.channels.models import Channel, Incident, Notice
from webapp.channels.rules import HEALTHY, TAKEN_FOR, Verdict
from webapp.channels.status import Status
from webapp.core import db
from webapp.mail import actions as mail
from webapp.mail.gateway import Handing, Letter, Mailer, MailFailed
from webapp.meta.errors import Cause

PASSWORD_CHANGED = Verdict(Status.LOST, Cause.PASSWORD_CHANGED, {"code": 190, "subcode": 460}, by_token=True)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class Server:
    """Takes mails, or none of them while it is down."""

    patience, domain = 10 * SECOND, "omnichat.example"

    def __init__(self) -> None:
        self.is_down = self.is_mute = False
        self.taken: list[Letter] = []

    def send(self, letter: Letter, handing: Handing) -> None:
        if self.is_down:
            raise MailFailed("down", server_down=True)
        handing()
        self.taken.append(letter)
        if self.is_mute:
            raise MailFailed("TimeoutError", server_down=True, unknown=True)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def shops(house: Flask, people: People) -> Sequence[Channel]:
    """Two accounts of one login, taken by a sweep that began at noon."""
    taken = {"next_check_at": NOON + TAKEN_FOR, "checked_at": NOON - HOUR, "verdict_at": NOON - HOUR}
    return [make_channel(people.aurora, people.alice, number=number, **taken) for number in (1, 2)]


def become(channel: Channel, verdict: Verdict, now: datetime) -> None:
    """As a sweep records it."""
    with db.transaction() as session:
        current = session.get_one(Channel, channel.id, populate_existing=True, with_for_update=True)
        current.become(verdict, noticed_by="sweep", now=now)
        current.checked_at, current.next_check_at = now, now + HOUR


def sent(server: Server, now: datetime) -> list[str]:
    """Everything that Carol, who reads English, got by then."""
    mail.send_due(cast(Mailer, server), lambda: now)
    return [letter.subject for letter in server.taken if letter.address == "carol@example.com"]


def outcomes(channel: Channel) -> list[str]:
    with db.transaction() as session:
        wanted = select(Notice.outcome).join(Incident, Incident.id == Notice.incident_id)
        return list(session.scalars(wanted.where(Incident.channel_id == channel.id).order_by(Notice.id)))


def test_what_one_sweep_finds_over_a_minute_is_one_mail(shops: Sequence[Channel], server: Server) -> None:
    """Its portions come back one after the other; each is written down with the moment at which the sweep began."""
    one, other = shops
    become(one, PASSWORD_CHANGED, NOON)
    assert notify_due(NOON + 13 * SECOND) == 0
    become(other, PASSWORD_CHANGED, NOON)
    notify_due(NOON + 70 * SECOND)
    assert sent(server, NOON + 71 * SECOND) == [
        "2 accounts lost their connection, please reauthorise: @shop.1, @shop.2"
    ]


def test_a_failed_reply_and_the_check_of_the_siblings_are_one_mail(shops: Sequence[Channel], server: Server) -> None:
    one, other = shops
    for shop in shops:
        become(shop, HEALTHY, NOON - HOUR / 2)
    record(one.id, PASSWORD_CHANGED, noticed_by="send", now=NOON)
    assert notify_due(NOON + 12 * SECOND) == 0, "the sibling is due, and nobody has asked about it yet"
    become(other, PASSWORD_CHANGED, NOON + 15 * SECOND)
    notify_due(NOON + 26 * SECOND)
    assert len(sent(server, NOON + 27 * SECOND)) == 1


def test_nobody_waits_longer_than_five_minutes_for_what_may_follow(shops: Sequence[Channel], server: Server) -> None:
    one, _ = shops
    become(one, PASSWORD_CHANGED, NOON)
    assert notify_due(NOON + GATHER_AT_MOST - SECOND) == 0
    notify_due(NOON + GATHER_AT_MOST)
    assert sent(server, NOON + GATHER_AT_MOST) == ["@shop.1 lost its connection: please reauthorise"]


def test_accounts_of_another_workspace_are_not_waited_for(
    house: Flask, people: People, shops: Sequence[Channel], server: Server
) -> None:
    make_channel(people.borealis, people.dave, number=3, next_check_at=NOON)
    for shop in shops:
        become(shop, PASSWORD_CHANGED, NOON)
    notify_due(NOON + 11 * SECOND)
    assert len(sent(server, NOON + 12 * SECOND)) == 1


def test_no_mail_tells_of_an_account_that_works_again(shops: Sequence[Channel], server: Server) -> None:
    one, other = shops
    become(other, HEALTHY, NOON)
    become(one, PASSWORD_CHANGED, NOON)
    server.is_down = True
    notify_due(NOON + 11 * SECOND)
    assert sent(server, NOON + 12 * SECOND) == []
    become(one, HEALTHY, NOON + 5 * 60 * SECOND)
    notify_due(NOON + 5 * 60 * SECOND)
    server.is_down = False
    assert sent(server, NOON + 6 * HOUR) == []
    assert set(outcomes(one)) == {"withdrawn"}
    become(other, HEALTHY, NOON + 7 * HOUR)
    become(one, PASSWORD_CHANGED, NOON + 7 * HOUR)
    notify_due(NOON + 7 * HOUR + 11 * SECOND)
    assert len(sent(server, NOON + 8 * HOUR)) == 1, "a new failure is a new mail"


def test_what_still_is_broken_is_told_alone_when_the_other_works_again(
    shops: Sequence[Channel], server: Server
) -> None:
    one, other = shops
    for shop in shops:
        become(shop, PASSWORD_CHANGED, NOON)
    server.is_down = True
    notify_due(NOON + 11 * SECOND)
    sent(server, NOON + 12 * SECOND)
    become(one, HEALTHY, NOON + HOUR)
    for later in (0, 11, 30):
        notify_due(NOON + HOUR + later * SECOND)
    server.is_down = False
    assert sent(server, NOON + 2 * HOUR) == ["@shop.2 lost its connection: please reauthorise"]
    for hours in (3, 30):
        notify_due(NOON + hours * HOUR)
    assert len(sent(server, NOON + 31 * HOUR)) == 1
    assert set(outcomes(other)) == {"written"}


def test_a_mail_that_has_left_stays_told(shops: Sequence[Channel], server: Server) -> None:
    one, other = shops
    become(other, HEALTHY, NOON)
    become(one, PASSWORD_CHANGED, NOON)
    notify_due(NOON + 11 * SECOND)
    assert len(sent(server, NOON + 12 * SECOND)) == 1
    become(one, HEALTHY, NOON + HOUR)
    notify_due(NOON + HOUR)
    assert set(outcomes(one)) == {"written"}


def test_a_mail_that_may_have_left_is_not_called_withdrawn_and_comes_no_second_time(
    shops: Sequence[Channel], server: Server
) -> None:
    one, other = shops
    become(other, HEALTHY, NOON)
    become(one, PASSWORD_CHANGED, NOON)
    notify_due(NOON + 11 * SECOND)
    server.is_mute = True
    for minute in (1, 2):
        sent(server, NOON + minute * 60 * SECOND)
    before = len(server.taken)
    server.is_mute = False
    become(one, HEALTHY, NOON + HOUR)
    notify_due(NOON + HOUR)
    sent(server, NOON + 6 * HOUR)
    assert len(server.taken) == before == 2, "Alice and Carol, once each"
    assert set(outcomes(one)) == {"written"}
