"""The shell's door: `flask --app wsgi …`."""

import json
from pathlib import Path

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from flask import Flask, current_app
from sqlalchemy import Engine

from webapp import background, demo
from webapp.channels.actions.reseal import reseal

ROOT = Path(__file__).parent.parent


def init_app(app: Flask) -> None:
    app.cli.command("migrate")(migrate)
    app.cli.command("setup-demo")(setup_demo)
    app.cli.command("worker")(background.worker)
    app.cli.command("reseal-tokens")(reseal_tokens)


def migrate() -> None:
    """Bring the database to the newest shape."""
    upgrade(current_app.extensions["engine"])


def setup_demo() -> None:
    """Migrate, and fill an empty database with the demo workspaces."""
    upgrade(current_app.extensions["engine"])
    demo.settle(json.loads((ROOT / "webapp" / "demo.json").read_text()))


def reseal_tokens() -> None:
    """Seal every token with the first key of TOKEN_KEYS, so that the older keys can be dropped."""
    sealed, unreadable = reseal()
    click.echo(f"{sealed} tokens sealed with the first key")
    if unreadable:
        raise click.ClickException(f"{unreadable} tokens are opened by no key: keep the old keys, see the log")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations on an engine; errors are Alembic's and SQLAlchemy's."""
    settings = AlembicConfig(str(ROOT / "alembic.ini"))
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
