"""mails know when they were given up"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outgoing_mail", sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True))
    moment = sa.DateTime(timezone=True)
    mail = sa.table(
        "outgoing_mail", *(sa.column(f"{one}_at", moment) for one in ("written", "sent", "withdrawn", "given_up"))
    )
    # Until now, whatever had not left after a week was given up in silence.
    old = datetime.now(UTC) - timedelta(days=7)
    silent = (mail.c.written_at <= old, mail.c.sent_at.is_(None), mail.c.withdrawn_at.is_(None))
    op.execute(mail.update().where(*silent).values(given_up_at=old))


def downgrade() -> None:
    op.drop_column("outgoing_mail", "given_up_at")
