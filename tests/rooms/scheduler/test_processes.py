"""Four processes on one database, on both engines."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from config import Config
from tests.people import People, make_channel
from tests.rooms.mail.processes import run
from tests.rooms.scheduler import sweepers
from webapp.channels.models import Channel, Incident, Notice
from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.core import clock, db
from webapp.mail.models import OutgoingMail
from webapp.meta.errors import Cause
from webapp.scheduler.models import Round

CHANNELS = 200
LOST = 12


def due_channels(people: People, count: int) -> None:
    first = make_channel(people.aurora, people.alice, number=1, next_check_at=clock.now() - timedelta(minutes=1))
    with db.transaction() as session:
        for number in range(2, count + 1):
            values = {
                column.key: getattr(first, column.key) for column in Channel.__table__.columns if column.key != "id"
            }
            session.add(Channel(**values | {"external_id": f"1784149{number:05d}"}))


def test_two_hundred_due_channels_are_each_checked_exactly_once(house: Flask, people: People, config: Config) -> None:
    due_channels(people, CHANNELS)
    assert run(4, sweepers.sweep, config) == [0, 0, 0, 0]
    with db.transaction() as session:
        revisions = session.scalars(select(Channel.revision)).all()
        (swept,) = session.scalars(select(Round)).all()
    assert revisions == [2] * CHANNELS
    assert swept.checked == CHANNELS
    assert swept.finished_at is not None


def test_each_recipient_gets_one_mail_for_all_the_accounts_lost_together(
    house: Flask, people: People, config: Config
) -> None:
    due_channels(people, LOST)
    began = clock.now() - timedelta(minutes=5)
    verdict = Verdict(Status.LOST, Cause.PASSWORD_CHANGED)
    with db.transaction() as session:
        for channel in session.scalars(select(Channel)):
            channel.become(verdict, noticed_by="sweep", now=began)
    assert run(4, sweepers.tell, config) == [0, 0, 0, 0]
    with db.transaction() as session:
        addresses = session.scalars(select(OutgoingMail.address).order_by(OutgoingMail.address)).all()
        told = session.execute(select(Notice.person_id, func.count()).group_by(Notice.person_id)).all()
        waiting = session.scalar(select(func.count()).where(Incident.notify_at.is_not(None)))
    assert addresses == ["alice@example.com", "carol@example.com"]
    assert {tuple(row) for row in told} == {(people.alice.id, LOST), (people.carol.id, LOST)}
    assert waiting == 0
