"""who looks for a customer need not walk past the messages that came after

On PostgreSQL a frequent name is looked for from the newest entry back: after an import or an upgrade that way led past
every message. Other writers wait while the index is made, about a second for a million entries.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAME = "ix_search_entry_people"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(NAME, "search_entry", ["id"], postgresql_where=sa.text("contact_id IS NOT NULL"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index(NAME, "search_entry")
