"""files of messages, replies that wait for the repair, replies that failed"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")
_HELD = sa.text("send_status = 'held'")
_FAILED = sa.text("send_status = 'failed'")


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_media_message_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("message_id", "position", name=op.f("uq_media_message_id_position")),
    )
    op.create_index("ix_media_digest", "media", ["digest"])
    op.create_index("ix_media_due", "media", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    # Not in batch mode: rebuilding `message` would drop the search's triggers.
    op.create_index("ix_message_held", "message", ["id"], sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index(
        "ix_message_failed", "message", ["channel_id", "at"], sqlite_where=_FAILED, postgresql_where=_FAILED
    )
    op.add_column("conversation", sa.Column("reply_failed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("conversation", "reply_failed")
    op.drop_index("ix_message_failed", "message", sqlite_where=_FAILED, postgresql_where=_FAILED)
    op.drop_index("ix_message_held", "message", sqlite_where=_HELD, postgresql_where=_HELD)
    op.drop_table("media")
