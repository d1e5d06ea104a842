"""What the operator does from the shell before anybody can sign in."""

from datetime import datetime

from sqlalchemy import select

from webapp.accounts.models import Person, Workspace
from webapp.core import db


class SlugTaken(Exception):
    """Another workspace has this address."""


def found_workspace(slug: str, name: str) -> Workspace:
    """A new workspace without members. Raises SlugTaken."""
    with db.transaction() as session:
        if session.scalar(select(Workspace.id).where(Workspace.slug == slug)) is not None:
            raise SlugTaken(slug)
        workspace = Workspace(slug=slug, name=name)
        session.add(workspace)
    return workspace


def set_plan(workspace: Workspace, *, ends_at: datetime | None, channel_limit: int | None) -> Workspace:
    """`ends_at` None: the plan has no end; `channel_limit` None: it stays as it is."""
    with db.transaction() as session:
        current = session.get_one(Workspace, workspace.id, with_for_update=True, populate_existing=True)
        current.plan_ends_at = ends_at
        if channel_limit is not None:
            current.channel_limit = channel_limit
    return current


def make_operator(person: Person) -> None:
    with db.transaction() as session:
        session.get_one(Person, person.id, populate_existing=True).is_operator = True
