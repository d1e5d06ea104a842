"""Rotating the keys of the ring."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select

from tests.people import NOON, People, make_channel
from webapp.channels.actions.reseal import reseal
from webapp.channels.models import Authorization, Channel, PendingGrant
from webapp.core import db
from webapp.core.crypto import Secret, SecretUnreadable, key_ring
from webapp.mail.models import OutgoingMail

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def ring(house: Flask) -> Iterator[Flask]:
    """A console whose keys a test may exchange."""
    kept = house.extensions["key_ring"]
    house.extensions["key_ring"] = key_ring([OLD])
    yield house
    house.extensions["key_ring"] = kept


def token_of(channel: Channel) -> str:
    db.session().expire_all()
    token = db.session().get_one(Channel, channel.id).page_token
    assert token is not None
    return token.reveal()


def test_after_resealing_the_old_key_can_go(ring: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice, page_token=Secret("EAAtoken"))
    ring.extensions["key_ring"] = key_ring([NEW, OLD])
    assert token_of(channel) == "EAAtoken"
    assert reseal() == (2, 0)
    ring.extensions["key_ring"] = key_ring([NEW])
    assert token_of(channel) == "EAAtoken"


def test_a_login_that_waits_and_the_link_in_a_mail_that_waits_are_resealed_too(ring: Flask, people: People) -> None:
    trip = Authorization(name="trip", state_hash="state", verifier=Secret("verifier"), holder_hash="holder")
    trip.workspace_id, trip.platform, trip.began_at = people.aurora.id, "instagram", NOON
    letter = OutgoingMail(key="one", message_id="one", address="owner@example.com", subject="", text="", html="")
    letter.secret, letter.written_at, letter.next_try_at = Secret("link"), NOON, NOON
    with db.transaction() as session:
        session.add_all([trip, letter])
        session.flush()
        pending = PendingGrant(authorization_id=trip.id, arrived_at=NOON, facebook_user_id="7", facebook_user_name="")
        pending.user_token = Secret("EAAuser")
        session.add(pending)
    ring.extensions["key_ring"] = key_ring([NEW, OLD])
    assert reseal() == (2, 0)
    ring.extensions["key_ring"] = key_ring([NEW])
    db.session().expire_all()
    assert db.session().scalars(select(PendingGrant)).one().user_token.reveal() == "EAAuser"
    assert db.session().scalars(select(OutgoingMail.secret)).one() == Secret("link")


def test_a_token_that_no_key_opens_is_counted_and_left_as_it_is(ring: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice, page_token=Secret("EAAtoken"))
    ring.extensions["key_ring"] = key_ring([NEW])
    assert reseal() == (0, 2)
    with pytest.raises(SecretUnreadable):
        token_of(channel)
    ring.extensions["key_ring"] = key_ring([OLD])
    assert token_of(channel) == "EAAtoken"
