"""What one Facebook user allowed us: a set, which each new login replaces."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.crypto import Sealed, Secret
from webapp.core.db import Model


@dataclass(frozen=True, slots=True)
class Facts:
    """What a login brought, wherever it is kept. Times are UTC; `offers` is described in offers.py."""

    facebook_user_id: str
    facebook_user_name: str
    user_token: Secret
    expires_at: datetime | None
    data_access_expires_at: datetime | None
    missing_scopes: list[str]
    offers: list[dict[str, Any]]


class Granted:
    """Columns of a login's facts. `offers` is what the login showed, as plain data without tokens."""

    facebook_user_id: Mapped[str] = mapped_column(index=True)
    facebook_user_name: Mapped[str]
    user_token: Mapped[Secret] = mapped_column(Sealed)
    expires_at: Mapped[datetime | None]
    data_access_expires_at: Mapped[datetime | None]
    missing_scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    offers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    @property
    def facts(self) -> Facts:
        return Facts(**{one.name: getattr(self, one.name) for one in fields(Facts)})

    def take(self, facts: Facts) -> None:
        """Become what the newest login brought."""
        for one in fields(Facts):
            setattr(self, one.name, getattr(facts, one.name))


class Grant(Granted, Model):
    """A Facebook user's grant in one workspace."""

    __tablename__ = "facebook_grant"
    __table_args__ = (UniqueConstraint("workspace_id", "facebook_user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    granted_at: Mapped[datetime]
    # Not to be renewed before this, because it was tried or is being tried.
    renew_at: Mapped[datetime | None]
