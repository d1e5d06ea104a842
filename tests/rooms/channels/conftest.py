from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.beginnings import begin
from tests.people import People
from tests.rooms.channels.checking import check
from tests.rooms.channels.repairing import Guest, browser
from tests.rooms.channels.story import Story
from tests.running import Sandbox
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core import db


@pytest.fixture
def story(
    app: Flask,
    client: FlaskClient,
    people: People,
    sign_in: Callable[[FlaskClient, Person], FlaskClient],
    sandbox: Sandbox,
) -> Story:
    """Alice, signed in, with a sandbox."""
    return Story(sign_in(client, people.alice), sandbox)


@pytest.fixture
def asked(app: Flask) -> Iterator[list[str]]:
    """Every statement that the database is asked from now on, but for BEGIN: PostgreSQL's driver sends it along."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", note)
    yield found
    event.remove(app.extensions["engine"], "before_cursor_execute", note)


@pytest.fixture
def connected(house: Flask, story: Story) -> Channel:
    """@morninglight.coffee, connected by Alice with 林小姐's Facebook login."""
    begin(house, story.client, story.sandbox, lambda: story.connect("17841405822301001"))
    return db.session().scalars(select(Channel)).one()


@pytest.fixture
def guest(house: Flask, story: Story) -> Guest:
    """Somebody without an account, at a browser of their own."""
    return Guest(browser(house), story.sandbox)


@pytest.fixture
def lost(story: Story, connected: Channel) -> Channel:
    """@morninglight.coffee, lost: 林小姐 changed her password."""
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    return check(connected)
