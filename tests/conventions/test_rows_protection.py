"""What the database itself keeps from happening twice, whatever the code above it believes."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from tests.people import NOON, People, make_channel
from webapp.channels.actions.notify import notify_due
from webapp.channels.models import Incident, Notice
from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.core import db
from webapp.mail.models import OutgoingMail
from webapp.meta.errors import Cause

ONCE = [
    ("delivery", {"digest"}),
    ("message", {"channel_id", "mid"}),
    ("message", {"conversation_id", "form_key"}),
    ("conversation", {"channel_id", "contact_id"}),
    ("contact", {"channel_id", "external_id"}),
    ("notice", {"incident_id", "person_id"}),
    ("incident", {"channel_id"}),
    ("channel", {"platform", "external_id"}),
    ("channel", {"workspace_id", "platform", "external_id"}),
    ("facebook_grant", {"workspace_id", "facebook_user_id"}),
    ("facebook_authorization", {"state_hash"}),
    ("facebook_authorization", {"name"}),
    ("repair_link", {"token_hash"}),
    ("outgoing_mail", {"key"}),
    ("membership", {"person_id", "workspace_id"}),
    ("sign_in", {"key_hash"}),
    ("person", {"email"}),
    ("workspace", {"slug"}),
]


@pytest.mark.parametrize(
    ("table", "columns"), ONCE, ids=lambda one: one if isinstance(one, str) else "-".join(sorted(one))
)
def test_the_migrated_database_has_it_once(house: Flask, table: str, columns: set[str]) -> None:
    look = inspect(house.extensions["engine"])
    unique = [set(one["column_names"]) for one in look.get_unique_constraints(table)]
    unique += [set(one["column_names"]) for one in look.get_indexes(table) if one["unique"]]
    assert columns in unique


def test_an_account_is_held_by_one_workspace_at_a_time(house: Flask, people: People) -> None:
    first = make_channel(people.aurora, people.alice)
    with pytest.raises(IntegrityError):
        make_channel(people.borealis, people.dave)
    with db.transaction() as session:
        session.get_one(type(first), first.id, populate_existing=True).status = Status.DISCONNECTED
    assert make_channel(people.borealis, people.dave).id != first.id


def test_an_account_has_one_open_incident(house: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice)
    lost = Verdict(Status.LOST, Cause.PASSWORD_CHANGED)
    with db.transaction() as session:
        session.add(Incident.opened(channel.id, lost, noticed_by="sweep", now=NOON))
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.add(Incident.opened(channel.id, lost, noticed_by="check", now=NOON))


def test_an_incident_that_comes_up_again_tells_nobody_twice_and_comes_to_rest(house: Flask, people: People) -> None:
    """A process that died after telling leaves its lease behind; the next one must find everybody told."""
    channel = make_channel(people.aurora, people.alice)
    with db.transaction() as session:
        found = session.get_one(type(channel), channel.id, populate_existing=True)
        found.become(Verdict(Status.LOST, Cause.PASSWORD_CHANGED), noticed_by="sweep", now=NOON)
    later = NOON + timedelta(minutes=5)
    assert notify_due(later) == 2
    with db.transaction() as session:
        session.scalars(select(Incident)).one().notify_at = later
    assert notify_due(later + timedelta(minutes=5)) == 0
    session = db.session()
    session.expire_all()
    assert session.scalars(select(Incident)).one().notify_at is None
    told = [(one.incident_id, one.person_id) for one in session.scalars(select(Notice)) if one.mail_id is not None]
    assert len(told) == len(set(told)) == 2
    assert len(session.scalars(select(OutgoingMail)).all()) == 2
