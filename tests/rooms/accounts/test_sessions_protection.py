"""How long a sign-in is good for, whatever the browser keeps."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import People
from webapp.accounts.models import SIGN_IN_LIFE, Person
from webapp.core import clock

Enter = Callable[[FlaskClient, Person], FlaskClient]


def test_a_cookie_that_was_kept_for_too_long_opens_nothing(
    client: FlaskClient, people: People, sign_in: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, people.alice)
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began + SIGN_IN_LIFE - timedelta(minutes=1))
    assert client.get("/w/aurora").status_code == 200
    monkeypatch.setattr(clock, "now", lambda: began + SIGN_IN_LIFE + timedelta(minutes=1))
    assert client.get("/w/aurora").status_code == 303
