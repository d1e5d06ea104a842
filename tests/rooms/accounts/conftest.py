from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import People, english_browser
from webapp.accounts.models import Person


@pytest.fixture
def alice(client: FlaskClient, people: People, sign_in: Callable[[FlaskClient, Person], FlaskClient]) -> FlaskClient:
    return sign_in(client, people.alice)


@pytest.fixture
def guest(app: Flask) -> FlaskClient:
    """Somebody else's browser."""
    app.config["WTF_CSRF_ENABLED"] = False
    return english_browser(app)
