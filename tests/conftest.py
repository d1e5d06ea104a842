"""The house for the tests: real databases, a real sandbox, and people with fixed roles."""

import gc
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from config import Config
from tests import engines, turns
from tests.people import People, english_browser, settle_again
from tests.prepared import copied
from tests.running import Sandbox, running_sandbox
from webapp import background
from webapp.accounts import passwords
from webapp.accounts.models import Person, SignIn
from webapp.app import create_app
from webapp.commands import upgrade
from webapp.core import clock, db
from webapp.core.crypto import fingerprint
from webapp.core.db import make_engine
from webapp.tables import metadata

# What is read at the beginning stays for ever: the collector of garbage need not go through it thousands of times.
gc.disable()

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = turns.in_turns(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> turns.Turns:
    return turns.scheduling(config, log)


def pytest_collection_finish() -> None:
    background.settle()


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """A guess is dear on purpose, and hundreds of tests sign in: all but those of the cost itself do it cheaply."""
    real = passwords.hasher
    passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield real
    passwords.hasher = real


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    # All pages in one process: they are ours alone, and a process for each is slower.
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--renderer-process-limit=1"]
    # What moves is drawn sixty times a second.
    flags.append("--force-prefers-reduced-motion")
    return {"executable_path": engines.chromium(), "args": flags}


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(sandbox_server: Sandbox) -> Sandbox:
    """A running sandbox in the state of its seed."""
    sandbox_server.reset()
    return sandbox_server


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty, migrated database; every test that needs one runs on both engines."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        copied("empty", path, lambda made: _migrate(f"sqlite:///{made}"))
        yield f"sqlite:///{path}"
        return
    with engines.fresh_database(engines.postgresql(), f"test_rooms_{WORKER}_{os.getpid()}") as url:
        _migrate(url)
        yield url


@pytest.fixture(scope="session")
def config(database_url: str, sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config.from_env(
        {
            "ENVIRONMENT": "test",
            "BASE_URL": "http://localhost",
            "SECRET_KEY": "a key for the tests, and only for them",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": database_url,
            "META_APP_ID": sandbox_server.app_id,
            "META_APP_SECRET": sandbox_server.app_secret,
            "META_VERIFY_TOKEN": sandbox_server.verify_token,
            "META_GRAPH_URL": sandbox_server.url,
            "META_DIALOG_URL": sandbox_server.url,
            "META_TIMEOUT": "5",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(sandbox_server.smtp_port),
            "MAIL_SENDER": "Omnichat 通知 <noreply@omnichat.example>",
            "MEDIA_DIR": str(tmp_path_factory.mktemp("media")),
            "LOG_LEVEL": "WARNING",
        }
    )


@pytest.fixture(scope="session")
def built_app(config: Config) -> Iterator[Flask]:
    app = create_app(config)
    engine: Engine = app.extensions["engine"]
    if engine.dialect.name == "sqlite":
        # Safe from a loss of power, which no test here brings about, is also slow: as with PostgreSQL, engines.py.
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
        engine.dispose()
    yield app
    engine.dispose()


@pytest.fixture
def app(built_app: Flask) -> Iterator[Flask]:
    """The console on an empty database. A test that calls actions does so inside `app.app_context()`,
    which the `house` fixture opens."""
    yield built_app
    _empty(built_app)
    built_app.extensions["door"].refusals.forget()


@pytest.fixture
def house(app: Flask) -> Iterator[Flask]:
    """The console with an app context open, for tests of models, actions and queries."""
    with app.app_context():
        yield app


@pytest.fixture
def people(app: Flask) -> People:
    """Alice (admin), Carol (supervisor), Bob (agent), Mark (marketer) of aurora; Dave (admin) of borealis."""
    return settle_again(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without CSRF tokens; tests of CSRF itself turn it on."""
    app.config["WTF_CSRF_ENABLED"] = False
    return english_browser(app)


@pytest.fixture
def sign_in(app: Flask) -> Callable[[FlaskClient, Person], FlaskClient]:
    """A browser with an open sign-in. The door itself has its own tests; hundreds of others only need to be inside."""

    def enter(client: FlaskClient, person: Person) -> FlaskClient:
        key = secrets.token_urlsafe(32)
        # In the context that `house` holds open, if any: another one's session would not see the row.
        with nullcontext() if has_app_context() else app.app_context(), db.transaction() as session:
            session.add(SignIn(person_id=person.id, key_hash=fingerprint(key), began_at=clock.now()))
        with client.session_transaction() as cookie:
            cookie.clear()
            cookie.update({"_user_id": key, "_fresh": True})
            cookie.permanent = True
        if has_app_context():
            # `house` holds one context open, where Flask-Login would go on with whoever came before.
            g.pop("_login_user", None)
        return client

    return enter


@pytest.fixture
def config_with(config: Config) -> Callable[..., Config]:
    """The tests' settings with some of them changed."""
    return lambda **changes: replace(config, **changes)


def _migrate(url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()


def _empty(app: Flask) -> None:
    """Row by row: with a handful of rows this is six times as fast as TRUNCATE. Ids begin with 1 again."""
    statements = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
    with app.app_context(), db.transaction() as session:
        connection = session.connection()
        if db.is_postgresql():
            counted = [table.name for table in metadata.sorted_tables if table.autoincrement_column is not None]
            calls = (f"setval(pg_get_serial_sequence('{name}', 'id'), 1, false)" for name in counted)
            connection.exec_driver_sql("; ".join([*statements, "SELECT " + ", ".join(calls)]))
            return
        for statement in statements:
            connection.connection.driver_connection.execute(statement)
