"""When a login's token was last tried to be renewed; stretches in which a channel could not be checked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("facebook_grant") as table:
        table.add_column(sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "check_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_check_gap_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_gap")),
    )
    op.create_index("ix_check_gap_channel_ended", "check_gap", ["channel_id", "ended_at"])


def downgrade() -> None:
    op.drop_table("check_gap")
    with op.batch_alter_table("facebook_grant") as table:
        table.drop_column("renew_at")
