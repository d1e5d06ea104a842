"""Alembic's door: the app hands over a connection (see webapp/commands.py)."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext

from webapp.core.crypto import Sealed
from webapp.core.db import UtcDateTime
from webapp.tables import metadata


def plain_types(kind: str, value: Any, autogen: AutogenContext) -> str | bool:
    """Write our own column types as the plain ones they are stored as."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, Sealed):
        return "sa.Text()"
    return False


def ours(item: Any, name: str | None, kind: str, *rest: Any) -> bool:
    """The queue makes its own tables, SQLite's full-text table brings several with it, and PostgreSQL has two indexes
    in its place."""
    if kind == "index":
        return name not in ("ix_search_entry_grams", "ix_search_entry_people")
    return not (kind == "table" and name is not None and name.startswith(("huey_", "search_gram")))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=plain_types,
    include_object=ours,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
