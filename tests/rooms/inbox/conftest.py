from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.beginnings import begin
from tests.people import People, english_browser, make_channel
from tests.rooms.channels.story import Story
from tests.running import Sandbox
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import db


@pytest.fixture
def channel(house: Flask, people: People) -> Channel:
    """A connected Instagram channel whose token opens nothing."""
    return make_channel(people.aurora, people.alice)


@pytest.fixture
def connected(
    house: Flask,
    client: FlaskClient,
    people: People,
    sign_in: Callable[[FlaskClient, Person], FlaskClient],
    sandbox: Sandbox,
) -> Channel:
    """@morninglight.coffee of the sandbox, connected by Alice; its customer 5614879045272581 wrote hours ago."""
    alice = Story(sign_in(client, people.alice), sandbox)
    begin(house, client, sandbox, lambda: alice.connect("17841405822301001"))
    return db.session().scalars(select(Channel)).one()


Enter = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def alice(client: FlaskClient, people: People, sign_in: Enter) -> FlaskClient:
    return sign_in(client, people.alice)


@pytest.fixture
def browser(app: Flask, client: FlaskClient, sign_in: Enter) -> Callable[[Person], FlaskClient]:
    """A browser of their own for anybody."""

    def open_one(person: Person) -> FlaskClient:
        other = english_browser(app)
        return sign_in(other, person)

    return open_one
