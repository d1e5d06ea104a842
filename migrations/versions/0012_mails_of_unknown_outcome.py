"""mails know how often nobody learned what became of them"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outgoing_mail", sa.Column("unknown", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("outgoing_mail", "unknown")
