"""the last customer who came for listeners only is known: the check asks who answers them"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hearing", sa.Column("listened_to", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("hearing", "listened_to")
