"""numbers of deliveries do not end at two thousand million

PostgreSQL writes the table anew for it; SQLite's numbers were as wide before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NUMBERS = (("delivery", "id", False), ("hearing", "delivery_id", False), ("live_test", "delivery_id", True))


def upgrade() -> None:
    _become(sa.BigInteger())
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER SEQUENCE delivery_id_seq AS bigint")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER SEQUENCE delivery_id_seq AS integer")
    _become(sa.Integer())


def _become(kind: sa.types.TypeEngine[int]) -> None:
    if op.get_context().dialect.name == "postgresql":
        for table, column, nullable in NUMBERS:
            op.alter_column(table, column, type_=kind, existing_nullable=nullable)
