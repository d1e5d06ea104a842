"""The shell's door: `flask --app wsgi …`."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_babel import to_utc
from sqlalchemy import Engine

from webapp import background, demo
from webapp.accounts import actions as accounts
from webapp.accounts import queries
from webapp.accounts.models import Role, Workspace
from webapp.channels.actions.reseal import reseal
from webapp.core import clock
from webapp.web.addresses import address_of
from webapp.web.i18n import DEFAULT, LOCALES
from webapp.webhooks.commands import deliveries

ROOT = Path(__file__).parent.parent


def init_app(app: Flask) -> None:
    app.cli.command("migrate")(migrate)
    app.cli.command("setup-demo")(setup_demo)
    app.cli.command("worker")(background.worker)
    app.cli.command("reseal-tokens")(reseal_tokens)
    app.cli.add_command(workspaces)
    app.cli.add_command(deliveries)


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


workspaces = AppGroup("workspaces", help="Workspaces, before anybody can sign in to them.")


@workspaces.command("create")
@click.argument("slug")
@click.argument("name")
@click.option("--admin", required=True, help="E-mail address that gets the admin's invitation.")
@click.option("--locale", type=click.Choice(list(LOCALES)), default=DEFAULT, show_default=True)
def create_workspace(slug: str, name: str, admin: str, locale: str) -> None:
    """A new workspace at /w/SLUG, and an invitation for its first admin, mailed and printed."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise click.ClickException("SLUG stands in addresses: small letters, digits and hyphens")
    try:
        founded = accounts.found_workspace(slug, name)
    except accounts.SlugTaken:
        raise click.ClickException(f"there is a workspace {slug} already") from None
    _invite(founded, admin, Role.ADMIN, locale)


@workspaces.command("invite")
@click.argument("slug")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.ADMIN.value, show_default=True)
@click.option("--locale", type=click.Choice(list(LOCALES)), default=DEFAULT, show_default=True)
def invite(slug: str, email: str, role: str, locale: str) -> None:
    """One more invitation, for a workspace whose admins cannot give it."""
    _invite(_workspace(slug), email, Role(role), locale)


@workspaces.command("plan")
@click.argument("slug")
@click.option("--ends", type=click.DateTime(["%Y-%m-%d"]), help="Last day; without it the plan has no end.")
@click.option("--channels", type=click.IntRange(0), help="How many accounts may be connected.")
def plan(slug: str, ends: datetime | None, channels: int | None) -> None:
    """Set the plan of a workspace."""
    found = accounts.set_plan(
        _workspace(slug),
        # The midnight after, where the customers are.
        ends_at=to_utc(ends + timedelta(days=1)).replace(tzinfo=UTC) if ends else None,
        channel_limit=channels,
    )
    until = f"until {ends:%Y-%m-%d}" if ends else "without an end"
    click.echo(f"{found.name}: {until}, up to {found.channel_limit} accounts")


@workspaces.command("operator")
@click.argument("email")
def operator(email: str) -> None:
    """Make somebody who has an account an operator: they see the hourly check and hear of Meta's outages."""
    person = queries.person_by_email(email)
    if person is None:
        raise click.ClickException(f"nobody signs in with {email}")
    accounts.make_operator(person)
    click.echo(f"{person.name} is an operator")


def _workspace(slug: str) -> Workspace:
    found = queries.workspace_named(slug)
    if found is None:
        raise click.ClickException(f"there is no workspace {slug}")
    return found


def _invite(workspace: Workspace, email: str, role: Role, locale: str) -> None:
    try:
        _link, token = accounts.invite(workspace, email.strip().lower(), role, locale, None, now=clock.now())
    except accounts.AlreadyMember:
        raise click.ClickException(f"{email} is a member of {workspace.name} already") from None
    except (accounts.JustInvited, accounts.InvitedTooOften):
        raise click.ClickException(f"{email} was invited just now; wait before the next invitation") from None
    # Whoever runs the console may see it: mail may not work yet.
    click.echo(f"Mailed to {email}; it works once, for seven days:")
    click.echo(address_of("accounts.invitation", token=token.reveal()))


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations on an engine; errors are Alembic's and SQLAlchemy's."""
    # Here alone: no console that runs needs them, and each would carry their 8 MB.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415

    settings = AlembicConfig(str(ROOT / "alembic.ini"))
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
