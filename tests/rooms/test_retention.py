"""What is over goes after its time; what people read stays."""

from collections import Counter
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select

from tests.people import NOON, People, make_channel
from webapp import retention
from webapp.accounts.models import DoorLink, LinkKind, SignIn
from webapp.channels.models import Channel, CheckGap, Incident, Notice, RepairLink, StatusChange
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.core.db import Model
from webapp.diagnosis.models import Diagnosis, LiveTest
from webapp.inbox.models import Backfill, Contact, Conversation, Fetched, Reason
from webapp.mail.models import OutgoingMail
from webapp.scheduler.models import Round

OLD, YOUNG = NOON - timedelta(days=91), NOON - timedelta(days=89)


def mail(at: datetime, name: str = "", **changes: object) -> OutgoingMail:
    values = {"key": f"{name}{at}", "message_id": f"{name}{at}", "address": "a@b.example", "subject": "Lost"}
    return OutgoingMail(**values, text="words", html="words", written_at=at, next_try_at=at, **changes)


def everything(people: People, channel: Channel, at: datetime) -> list[Model]:
    """A row of every kind, from the same time."""
    here = {"channel_id": channel.id}
    link = {"created_at": at, "expires_at": at}
    incident = Incident(
        **here,
        opened_at=at,
        closed_at=at,
        noticed_by="sweep",
        cause="expired",
        notices=[Notice(outcome="nobody", at=at)],
    )
    look = {**here, "reason": Reason.LOOK, "asked_at": at, "ended_at": at, "page_size": 1}
    return [
        SignIn(person_id=people.alice.id, key_hash=f"{at}", began_at=at),
        DoorLink(**link, token_hash=f"{at}", kind=LinkKind.PASSWORD, email="a@b.example"),
        RepairLink(**link, **here, token_hash=f"{at}", workspace_id=people.aurora.id),
        *(mail(at, sent_at=at, secret=Secret("token")), incident, Backfill(**look)),
        Diagnosis(**here, began_at=at),
        LiveTest(**here, began_at=at, ended_at=at, after_message_id=0),
        CheckGap(**here, began_at=at, ended_at=at),
        Round(name=f"{at}", began_at=at),
        StatusChange(**here, at=at, became="lost", noticed_by="sweep"),
    ]


def counted() -> Counter[str]:
    found = Counter({model.__name__: db.session().scalar(select(func.count()).select_from(model)) for model in KINDS})
    db.leave()
    return found


KINDS = (
    *(SignIn, DoorLink, RepairLink, OutgoingMail, Incident, Notice, Backfill, Diagnosis, LiveTest, CheckGap, Round),
    *(StatusChange, Fetched),
)
GOES = ("SignIn", "DoorLink", "RepairLink", "Backfill", "Diagnosis", "LiveTest", "CheckGap", "Round")


def test_debris_goes_after_ninety_days_and_history_stays(house: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice)
    with db.transaction() as session:
        session.add_all([*everything(people, channel, OLD), *everything(people, channel, YOUNG)])
        # A look that brought something: a thread tells of it.
        contact = Contact(channel_id=channel.id, external_id="1", first_at=OLD)
        talk = Conversation(workspace_id=people.aurora.id, channel_id=channel.id, contact=contact, latest_at=OLD)
        useful = Backfill(channel_id=channel.id, reason=Reason.LOOK, asked_at=OLD, ended_at=OLD, page_size=1)
        session.add_all([talk, useful])
        session.flush()
        fetched = {"backfill_id": useful.id, "conversation_id": talk.id, "first_at": OLD, "last_at": OLD}
        session.add(Fetched(**fetched, count=1))
    before = counted()
    assert set(retention.purge(now=NOON, portion=1)) >= {"sign-ins", "words of mails", "looks"}
    assert before - counted() == Counter(GOES)
    mails = db.session().scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
    assert [(one.subject, one.text, one.secret is None) for one in mails] == [
        ("Lost", "", True),
        ("Lost", "words", False),
    ]
    db.leave()
    assert retention.purge(now=NOON) == {}


def test_the_words_of_a_mail_go_only_when_nobody_tries_to_send_it_any_more(house: Flask) -> None:
    ends: list[dict[str, object]] = [{}, {"sent_at": OLD}, {"withdrawn_at": OLD}, {"given_up_at": OLD}, {"unknown": 2}]
    with db.transaction() as session:
        session.add_all([mail(OLD, str(number), **end) for number, end in enumerate(ends)])
    retention.purge(now=NOON)
    found = db.session().scalars(select(OutgoingMail.text).order_by(OutgoingMail.key)).all()
    assert found == ["words", "", "", "", ""]


def test_the_last_sign_in_of_a_person_stays(house: Flask, people: People) -> None:
    with db.transaction() as session:
        for number, person in enumerate((people.alice, people.alice, people.bob)):
            at = OLD + timedelta(minutes=number)
            session.add(SignIn(person_id=person.id, key_hash=str(number), began_at=at, ended_at=at))
    retention.purge(now=NOON)
    assert db.session().scalars(select(SignIn.key_hash).order_by(SignIn.id)).all() == ["1", "2"]
