"""entries of the search no longer name their conversation: nobody asked for it, and naming it cost a third of writing one

An entry goes with its message or its customer. On SQLite the table is copied: some seconds for a million entries.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = "fk_search_entry_conversation_id"
INDEX = "ix_search_entry_conversation_id"


def upgrade() -> None:
    op.drop_index(INDEX, "search_entry")
    with _entries() as batch_op:
        batch_op.drop_constraint(op.f(KEY), type_="foreignkey")
        batch_op.drop_column("conversation_id")


def downgrade() -> None:
    with _entries() as batch_op:
        batch_op.add_column(sa.Column("conversation_id", sa.Integer(), nullable=True))
    of_message = "SELECT conversation_id FROM message WHERE message.id = search_entry.message_id"
    of_contact = "SELECT min(id) FROM conversation WHERE conversation.contact_id = search_entry.contact_id"
    op.execute(f"UPDATE search_entry SET conversation_id = coalesce(({of_message}), ({of_contact}))")
    op.execute("DELETE FROM search_entry WHERE conversation_id IS NULL")
    with _entries() as batch_op:
        batch_op.alter_column("conversation_id", existing_type=sa.Integer(), nullable=False)
        batch_op.create_foreign_key(op.f(KEY), "conversation", ["conversation_id"], ["id"], ondelete="CASCADE")
    op.create_index(INDEX, "search_entry", ["conversation_id"])


@contextmanager
def _entries() -> Iterator[BatchOperations]:
    """On SQLite the copy goes on counting where the table stood: no number may come to mean a second text, see
    `models/search.py`."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    last = op.get_bind().scalar(sa.text(_LAST)) if is_sqlite else None
    with op.batch_alter_table("search_entry", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        yield batch_op
    if last is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'search_entry'")
        op.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('search_entry', :last)").bindparams(last=last)
        )


_LAST = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'search_entry'"
