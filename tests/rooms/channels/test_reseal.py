"""Rotating the keys of the ring."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from tests.people import People, make_channel
from webapp.channels.actions.reseal import reseal
from webapp.channels.models import Channel
from webapp.core import db
from webapp.core.crypto import Secret, SecretUnreadable, key_ring

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


def test_a_token_that_no_key_opens_is_counted_and_left_as_it_is(ring: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice, page_token=Secret("EAAtoken"))
    ring.extensions["key_ring"] = key_ring([NEW])
    assert reseal() == (0, 2)
    with pytest.raises(SecretUnreadable):
        token_of(channel)
    ring.extensions["key_ring"] = key_ring([OLD])
    assert token_of(channel) == "EAAtoken"
