"""Events that came before their message; which reaction and which edit is the latest.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "early_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("contact_external_id", sa.String(), nullable=False),
        sa.Column("mid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_early_event_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_event")),
        sa.UniqueConstraint(
            "channel_id",
            "contact_external_id",
            "mid",
            "kind",
            name=op.f("uq_early_event_channel_id_contact_external_id_mid_kind"),
        ),
    )
    with op.batch_alter_table("early_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_early_event_heard_at"), ["heard_at"], unique=False)
    # Not in a batch: that would build the table anew and lose the triggers of the search.
    op.add_column("message", sa.Column("reaction_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("edit_number", sa.Integer(), server_default="0", nullable=False))
    # Deliveries that are old enough to be purged, oldest first.
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_received_at"), ["received_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_received_at"))
    op.drop_column("message", "edit_number")
    op.drop_column("message", "reaction_at")
    with op.batch_alter_table("early_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_early_event_heard_at"))
    op.drop_table("early_event")
