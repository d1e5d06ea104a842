"""messages know which deliveries told their words, and when the first of them came

Of messages from before nobody knows it; their deliveries go after 30 days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# As in the table of deliveries.
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("message", sa.Column("delivery_id", _NUMBER, nullable=True))
    op.add_column("message", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    for table in ("message", "early_event"):
        op.add_column(table, sa.Column("told_again", sa.JSON(), nullable=True))


def downgrade() -> None:
    for table in ("early_event", "message"):
        op.drop_column(table, "told_again")
    op.drop_column("message", "heard_at")
    op.drop_column("message", "delivery_id")
