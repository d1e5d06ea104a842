"""People, workspaces, and who belongs where in which role."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.core.db import Model

SIGN_IN_LIFE = timedelta(days=30)
INVITATION_LIFE = timedelta(days=7)
PASSWORD_LINK_LIFE = timedelta(hours=1)


class Role(StrEnum):
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    CS_MANAGER = "cs_manager"
    AGENT = "agent"
    MARKETER = "marketer"


class Person(Model):
    """Somebody who can sign in. `locale` rules their mails; pages follow the browser's own choice."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    locale: Mapped[str] = mapped_column(default="zh_Hant_TW")
    is_operator: Mapped[bool] = mapped_column(default=False)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Workspace(Model):
    """A team (團隊). `slug` stands in every address and never changes."""

    __tablename__ = "workspace"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    plan_ends_at: Mapped[datetime | None]
    channel_limit: Mapped[int] = mapped_column(default=20)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="workspace")

    @property
    def last_of_plan(self) -> datetime | None:
        """A moment of the plan's last day: its end is the midnight after that."""
        return self.plan_ends_at - timedelta(seconds=1) if self.plan_ends_at else None

    def has_plan(self, now: datetime) -> bool:
        return self.plan_ends_at is None or self.plan_ends_at > now


class Membership(Model):
    """A person's place in a workspace."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "workspace_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    disabled_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships", lazy="joined")
    workspace: Mapped[Workspace] = relationship(back_populates="memberships", lazy="joined")


class SignIn(Model):
    """One browser that signed in. The cookie holds the key, we hold its fingerprint; ending the row ends it."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined")

    def is_live(self, now: datetime) -> bool:
        return self.ended_at is None and now - self.began_at < SIGN_IN_LIFE


class SignInTries(Model):
    """How many passwords were tried since `since`, for what `key_hash` is the fingerprint of: see rules.limits."""

    __tablename__ = "sign_in_tries"

    key_hash: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(index=True)


class LinkKind(StrEnum):
    INVITATION = "invitation"
    PASSWORD = "password"


class LinkState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class LinkClosed(Exception):
    """The link was used or revoked, has expired, leads to nothing any more, or never existed."""


class OneTimeLink:
    """What links have in common that do one thing once, for whoever holds them. The token stands in the link alone; we
    know its fingerprint."""

    token_hash: Mapped[str] = mapped_column(unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    @property
    def is_moot(self) -> bool:
        """Whether there is nothing left to do with it."""
        return False

    def state(self, now: datetime) -> LinkState:
        """Used comes first: whoever used it is told so, whatever happened afterwards."""
        if self.used_at is not None:
            return LinkState.USED
        if self.revoked_at is not None or self.is_moot:
            return LinkState.REVOKED
        return LinkState.EXPIRED if now >= self.expires_at else LinkState.OPEN

    def spend(self, now: datetime) -> None:
        """Raises LinkClosed."""
        if self.state(now) is not LinkState.OPEN:
            raise LinkClosed
        self.used_at = now

    @classmethod
    def are_open(cls, now: datetime) -> ColumnElement[bool]:
        """For questions about many."""
        return and_(cls.used_at.is_(None), cls.revoked_at.is_(None), cls.expires_at > now)


class DoorLink(OneTimeLink, Model):
    """Mailed to `email`, and opens the door: to join a workspace in a role, or to choose a new password.

    Whoever opens it reads that mailbox.
    """

    __tablename__ = "door_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    email: Mapped[str] = mapped_column(index=True)
    workspace_id: Mapped[int | None] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"), index=True)
    role: Mapped[str | None]

    workspace: Mapped[Workspace | None] = relationship()
    created_by: Mapped[Person | None] = relationship()


class AuditEntry(Model):
    """Who did what in a workspace; `subject` is text, so that it outlives what it names."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_workspace_at", "workspace_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    action: Mapped[str]
    subject: Mapped[str]

    person: Mapped[Person | None] = relationship(lazy="joined")
