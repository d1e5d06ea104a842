"""failures are believed when others were asked; mails about what is over are withdrawn"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UNSETTLED = sa.text("closed_at IS NULL AND NOT settled")
_DOUBTED = sa.text("doubted IS NOT NULL")
_WAITING = sa.text("sent_at IS NULL AND withdrawn_at IS NULL")
_UNSENT = sa.text("sent_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("incident") as table:
        table.add_column(sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Whoever was to be told of these was told.
    op.execute("UPDATE incident SET settled = true")
    op.create_index("ix_incident_closed_at", "incident", ["closed_at"])
    op.create_index("ix_incident_unsettled", "incident", ["id"], sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("doubted", sa.String(), nullable=True))
        table.add_column(sa.Column("doubted_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_channel_doubted", "channel", ["id"], sqlite_where=_DOUBTED, postgresql_where=_DOUBTED)
    op.drop_index("ix_outgoing_mail_due", "outgoing_mail")
    with op.batch_alter_table("outgoing_mail") as table:
        table.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_outgoing_mail_due", "outgoing_mail", ["next_try_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_index("ix_facebook_authorization_sign_in_id", "facebook_authorization", ["sign_in_id"])
    op.create_index("ix_facebook_authorization_outcome", "facebook_authorization", ["outcome"])


def downgrade() -> None:
    op.drop_index("ix_facebook_authorization_outcome", "facebook_authorization")
    op.drop_index("ix_facebook_authorization_sign_in_id", "facebook_authorization")
    op.drop_index("ix_outgoing_mail_due", "outgoing_mail")
    with op.batch_alter_table("outgoing_mail") as table:
        table.drop_column("withdrawn_at")
    op.create_index(
        "ix_outgoing_mail_due", "outgoing_mail", ["next_try_at"], sqlite_where=_UNSENT, postgresql_where=_UNSENT
    )
    op.drop_index("ix_channel_doubted", "channel")
    with op.batch_alter_table("channel") as table:
        table.drop_column("doubted_since")
        table.drop_column("doubted")
    op.drop_index("ix_incident_unsettled", "incident")
    op.drop_index("ix_incident_closed_at", "incident")
    with op.batch_alter_table("incident") as table:
        table.drop_column("settled")
