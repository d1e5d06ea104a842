"""What one Facebook user allowed us in one workspace: a set, which each new login replaces."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.crypto import Sealed, Secret
from webapp.core.db import Model


class Grant(Model):
    """`offers` is what the last login showed, as plain data without tokens (see rules/offers.py)."""

    __tablename__ = "facebook_grant"
    __table_args__ = (UniqueConstraint("workspace_id", "facebook_user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    facebook_user_id: Mapped[str] = mapped_column(index=True)
    facebook_user_name: Mapped[str]
    user_token: Mapped[Secret] = mapped_column(Sealed)
    expires_at: Mapped[datetime | None]
    data_access_expires_at: Mapped[datetime | None]
    missing_scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    offers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    granted_at: Mapped[datetime]
