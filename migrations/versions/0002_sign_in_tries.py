"""Tries to sign in are counted by place and browser, not on the person."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_sign_in_tries")),
    )
    op.create_index(op.f("ix_sign_in_tries_since"), "sign_in_tries", ["since"])
    with op.batch_alter_table("person") as table:
        table.drop_column("locked_until")
        table.drop_column("wrong_passwords")


def downgrade() -> None:
    with op.batch_alter_table("person") as table:
        table.add_column(sa.Column("wrong_passwords", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.drop_table("sign_in_tries")
