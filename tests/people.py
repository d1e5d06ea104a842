"""People with fixed roles. Alice, Carol, Bob and Mark work in aurora; Dave of borealis must see nothing of it."""

import pickle
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, insert, select

from webapp.accounts.models import Membership, Person, Workspace
from webapp.channels.models import Channel, Grant
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.tables import metadata

PASSWORD = "correct horse battery"
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class People:
    aurora: Workspace
    borealis: Workspace
    alice: Person
    carol: Person
    bob: Person
    mark: Person
    dave: Person


@dataclass(frozen=True)
class Kept:
    """Everybody, and their rows."""

    people: bytes
    rows: dict[Table, list[dict[str, Any]]]


def settle() -> People:
    """Create everybody. Needs an app context."""
    aurora, borealis = (
        Workspace(slug="aurora", name="Aurora"),
        Workspace(slug="borealis", name="Borealis"),
    )
    alice, carol, bob, mark, dave = (
        Person(email=f"{name}@example.com", name=name.title(), password_hash=_HASH, locale=locale)
        for name, locale in (
            ("alice", "zh_Hant_TW"),
            ("carol", "en"),
            ("bob", "zh_Hant_TW"),
            ("mark", "en"),
            ("dave", "en"),
        )
    )
    alice.is_operator = True
    with db.transaction() as session:
        session.add_all([aurora, borealis])
        for person, workspace, role in (
            (alice, aurora, "admin"),
            (carol, aurora, "supervisor"),
            (bob, aurora, "agent"),
            (mark, aurora, "marketer"),
            (dave, borealis, "admin"),
        ):
            session.add(Membership(person=person, workspace=workspace, role=role))
    return People(aurora, borealis, alice, carol, bob, mark, dave)


def settle_again(app: Flask) -> People:
    """The same on an empty database, where most tests begin: the first time as above, then by copies of the rows."""
    kept: Kept | None = app.extensions.get("tests.people")
    with app.app_context():
        if kept is None:
            people = settle()
            kept = app.extensions["tests.people"] = Kept(pickle.dumps(people), _rows())
            return people
        with db.transaction() as session:
            for table, rows in kept.rows.items():
                session.execute(insert(table), rows)
    return pickle.loads(kept.people)  # type: ignore[no-any-return]


def _rows() -> dict[Table, list[dict[str, Any]]]:
    """Without their ids, which on an empty database come out the same."""
    tables = [metadata.tables[name] for name in ("workspace", "person", "membership")]
    wanted = {table: select(*(one for one in table.columns if one.name != "id")).order_by("id") for table in tables}
    return {table: [dict(row._mapping) for row in db.session().execute(one)] for table, one in wanted.items()}


def english_browser(app: Flask) -> FlaskClient:
    """Nobody has signed in with it yet."""
    browser = app.test_client()
    browser.set_cookie("language", "en")
    return browser


def make_channel(workspace: Workspace, person: Person, **changes: Any) -> Channel:
    """A connected Instagram channel with a grant of Facebook user 林小姐, whose tokens open nothing."""
    number = changes.pop("number", 1)
    values: dict[str, Any] = {
        "platform": "instagram",
        "external_id": f"1784140000000{number:04d}",
        "name": f"Shop {number}",
        "username": f"shop.{number}",
        "page_id": f"10000000{number:04d}",
        "page_name": f"Shop {number}",
        "page_token": Secret(f"page-token-{number}"),
        "status": "connected",
        "status_since": NOON,
        "connected_by_id": person.id,
        "connected_at": NOON,
        "authorized_at": NOON,
        "next_check_at": NOON,
    } | changes
    with db.transaction() as session:
        grant = session.query(Grant).filter_by(workspace_id=workspace.id, facebook_user_id="7001").one_or_none()
        grant = grant or Grant(
            workspace_id=workspace.id,
            facebook_user_id="7001",
            facebook_user_name="林小姐",
            user_token=Secret("user-token"),
            granted_by_id=person.id,
            granted_at=NOON,
        )
        channel = Channel(workspace_id=workspace.id, grant=grant, **values)
        session.add(channel)
    return channel
