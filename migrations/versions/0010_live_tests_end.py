"""live tests end by themselves: those that wait are found at once"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WAITING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    # Nobody has waited for these for long: until now a test ended only while somebody looked.
    op.execute("DELETE FROM live_test WHERE ended_at IS NULL")
    op.create_index("ix_live_test_waiting", "live_test", ["id"], sqlite_where=_WAITING, postgresql_where=_WAITING)


def downgrade() -> None:
    op.drop_index("ix_live_test_waiting", "live_test", sqlite_where=_WAITING, postgresql_where=_WAITING)
