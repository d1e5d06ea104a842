"""A console on SQLite and a sandbox, with @morninglight.coffee connected and a customer who wrote."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask, current_app
from sqlalchemy import delete, select, update

from config import Config
from tests.people import PASSWORD, english_browser, settle
from tests.rooms.channels.story import Story
from tests.rooms.inbox.happenings import write
from tests.rooms.webhooks import wire
from tests.rooms.webhooks.stored import handle_due
from tests.running import Sandbox, running_sandbox
from webapp.app import create_app
from webapp.channels.models import Channel, Incident, Notice, StatusChange
from webapp.commands import upgrade
from webapp.core import clock, db
from webapp.core.db import make_engine
from webapp.diagnosis.models import Diagnosis
from webapp.inbox.models import Message
from webapp.mail.models import OutgoingMail
from webapp.scheduler.models import MetaState, Round

ACCOUNT, PAGE, PERSON = "17841405822301001", "102938475610293", "林小姐"


@dataclass(frozen=True)
class World:
    app: Flask
    story: Story
    sandbox: Sandbox
    conversation_id: int

    def channel(self) -> Channel:
        return db.session().scalars(select(Channel).execution_options(populate_existing=True)).one()

    def all_well(self) -> None:
        """As it was before anything broke: nobody noticed anything, and the last login was an hour ago."""
        now = clock.now()
        with self.app.app_context(), db.transaction() as session:
            for table in (Notice, Incident, StatusChange, OutgoingMail, Diagnosis, MetaState, Round):
                session.execute(delete(table))
            session.execute(delete(Message).where(Message.direction == "out"))
            session.execute(
                update(Channel).values(
                    status="connected", cause=None, authorized_at=now - timedelta(hours=1), next_check_at=now
                )
            )

    def customer_writes(self, form: str) -> None:
        """By webhook, in one of its two forms: to the app that answers, or for listeners only."""
        with self.app.app_context():
            secret = current_app.extensions["config"].meta_app_secret
            body = wire.delivery(
                wire.entry(wire.event(message={"mid": token_hex(8), "text": "hi"}), account=ACCOUNT, form=form)
            )
            proof = {"X-Hub-Signature-256": wire.signature(body, secret)}
            assert self.story.client.post("/webhooks/meta", data=body, headers=proof).status_code == 200
            handle_due()


@contextmanager
def world(folder: Path, sandbox_settings: Mapping[str, Any] | None = None, **settings: str) -> Iterator[World]:
    """`folder` is empty; the database goes there. `settings` are the console's own, over those of every test."""
    url = f"sqlite:///{folder}/causes.sqlite3"
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    with running_sandbox(**(sandbox_settings or {})) as sandbox:
        app = create_app(_config(url, sandbox, settings))
        app.config["WTF_CSRF_ENABLED"] = False
        try:
            yield _settled(app, sandbox)
        finally:
            app.extensions["engine"].dispose()


def _settled(app: Flask, sandbox: Sandbox) -> World:
    with app.app_context():
        settle()
    client = english_browser(app)
    client.post("/sign-in", data={"email": "alice@example.com", "password": PASSWORD})
    story = Story(client, sandbox)
    story.connect(ACCOUNT)
    with app.app_context():
        channel = db.session().scalars(select(Channel)).one()
        return World(app, story, sandbox, write(channel).id)


def _config(url: str, sandbox: Sandbox, settings: Mapping[str, str]) -> Config:
    return Config.from_env(
        {
            "ENVIRONMENT": "test",
            "BASE_URL": "http://localhost",
            "SECRET_KEY": "a key for the table, and only for it",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": url,
            "META_APP_ID": sandbox.app_id,
            "META_APP_SECRET": sandbox.app_secret,
            "META_VERIFY_TOKEN": sandbox.verify_token,
            "META_GRAPH_URL": sandbox.url,
            "META_DIALOG_URL": sandbox.url,
            "META_TIMEOUT": "5",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(sandbox.smtp_port),
            "MAIL_SENDER": "Omnichat <noreply@omnichat.example>",
            "LOG_LEVEL": "ERROR",
            **settings,
        }
    )
