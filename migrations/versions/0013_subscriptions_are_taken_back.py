"""the Page's subscription of a disconnected account is taken back until it is"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_DUE = sa.text("release_at IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("release_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_channel_release", "channel", ["release_at"], sqlite_where=_DUE, postgresql_where=_DUE)


def downgrade() -> None:
    op.drop_index("ix_channel_release", "channel")
    with op.batch_alter_table("channel") as table:
        table.drop_column("release_at")
