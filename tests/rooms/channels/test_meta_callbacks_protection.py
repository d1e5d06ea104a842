"""Facebook's own calls: only what the app secret signed takes an account away or deletes anything."""

import base64
import hashlib
import hmac
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People, make_channel
from webapp.channels.models import Channel, DataDeletion, Grant, Incident
from webapp.core import db

# The Facebook user of make_channel's grant.
USER = "7001"
ADDRESSES = ["/webhooks/meta/deauthorization", "/webhooks/meta/data-deletion"]


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def signed(secret: str, **payload: object) -> str:
    body = encoded(json.dumps({"algorithm": "HMAC-SHA256", "issued_at": 1763812800} | payload).encode())
    return f"{encoded(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())}.{body}"


@pytest.fixture
def channel(app: Flask, people: People) -> Channel:
    with app.app_context():
        return make_channel(people.aurora, people.alice)


@pytest.fixture
def secret(app: Flask) -> str:
    return str(app.extensions["config"].meta_app_secret)


def state(app: Flask) -> tuple[str, str | None, str, str, int]:
    """Status and cause of the channel; name and token of the grant; deletions."""
    with app.app_context():
        session = db.session()
        channel, grant = session.scalars(select(Channel)).one(), session.scalars(select(Grant)).one()
        deletions = len(session.scalars(select(DataDeletion)).all())
        return channel.status, channel.cause, grant.facebook_user_name, grant.user_token.reveal(), deletions


UNTOUCHED = ("connected", None, "林小姐", "user-token", 0)


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_the_app_secret_did_not_sign_changes_nothing(
    app: Flask, client: FlaskClient, channel: Channel, secret: str, address: str
) -> None:
    good = signed(secret, user_id=USER)
    signature, payload = good.split(".")
    forgeries = [
        None,
        "",
        payload,
        f".{payload}",
        signed("not the app secret", user_id=USER),
        signed("", user_id=USER),
        signed(secret, user_id=USER, algorithm="none"),
        signed(secret, user_id=""),
        signed(secret),
        f"{signature}.{signed('x', user_id=USER).split('.')[1]}x",
        f"{signature[:-2]}AA.{payload}",
    ]
    for forged in forgeries:
        answer = client.post(address, data={} if forged is None else {"signed_request": forged})
        assert answer.status_code == 403, forged
    assert client.post(f"{address}?signed_request={good}").status_code == 403
    assert state(app) == UNTOUCHED


def test_a_removed_app_loses_the_account_and_opens_one_incident(
    app: Flask, client: FlaskClient, channel: Channel, secret: str
) -> None:
    for _ in range(2):
        assert client.post(ADDRESSES[0], data={"signed_request": signed(secret, user_id=USER)}).status_code == 200
    assert state(app)[:2] == ("lost", "app_removed")
    with app.app_context():
        assert len(db.session().scalars(select(Incident)).all()) == 1


@pytest.mark.parametrize("address", ADDRESSES)
def test_another_persons_removal_does_not_concern_this_account(
    app: Flask, client: FlaskClient, channel: Channel, secret: str, address: str
) -> None:
    assert client.post(address, data={"signed_request": signed(secret, user_id="7002")}).status_code == 200
    assert state(app)[:4] == UNTOUCHED[:4]


def test_asked_twice_the_person_reads_the_same_answer(
    app: Flask, client: FlaskClient, channel: Channel, secret: str
) -> None:
    answers = [client.post(ADDRESSES[1], data={"signed_request": signed(secret, user_id=USER)}) for _ in range(2)]
    assert answers[0].json == answers[1].json
    told = answers[0].json
    assert told is not None
    assert USER not in told["url"]
    assert client.get(told["url"]).status_code == 200
    assert client.get("/data-deletion/nobody-s").status_code == 404
