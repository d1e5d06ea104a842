"""A login that the same-user rule refused, kept until somebody says what to do with it."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from webapp.channels.models.grant import Granted
from webapp.core.db import Model

KEPT = timedelta(minutes=15)


class PendingGrant(Granted, Model):
    """Belongs to one trip; it opens nothing and no channel uses it. Deleted when it is used, dismissed or too old."""

    __tablename__ = "pending_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    authorization_id: Mapped[int] = mapped_column(
        ForeignKey("facebook_authorization.id", ondelete="CASCADE"), unique=True
    )
    arrived_at: Mapped[datetime] = mapped_column(index=True)
