"""A connected account and every change of its state."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, and_, text
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from webapp.accounts.models import Person, Workspace
from webapp.channels.expiry import Ending, ending
from webapp.channels.models.grant import Grant
from webapp.channels.models.incident import Incident
from webapp.channels.rules import STALE_AFTER, Verdict, is_known_better
from webapp.channels.status import Status
from webapp.core.crypto import Sealed, Secret
from webapp.core.db import Model

_MOMENT = timedelta(microseconds=1)
_HELD = text("status <> 'disconnected'")
_RELEASE = text("release_at IS NOT NULL")
_DOUBTED = text("doubted IS NOT NULL")


class Channel(Model):
    """An Instagram account or a Facebook Page of a workspace.

    `external_id` is the id by which webhooks name it: the Instagram account's or the Page's. An account is held by
    one workspace at a time; a workspace that connects it again gets its old channel with all conversations.
    """

    __tablename__ = "channel"
    __table_args__ = (
        UniqueConstraint("workspace_id", "platform", "external_id"),
        Index(
            "uq_channel_held",
            "platform",
            "external_id",
            unique=True,
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        ),
        Index("ix_channel_release", "release_at", sqlite_where=_RELEASE, postgresql_where=_RELEASE),
        Index("ix_channel_doubted", "id", sqlite_where=_DOUBTED, postgresql_where=_DOUBTED),
        Index("ix_channel_due", "next_check_at", sqlite_where=_HELD, postgresql_where=_HELD),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    platform: Mapped[str]
    external_id: Mapped[str]
    name: Mapped[str]
    username: Mapped[str] = mapped_column(default="")
    picture_url: Mapped[str] = mapped_column(default="")
    page_id: Mapped[str] = mapped_column(index=True)
    page_name: Mapped[str] = mapped_column(default="")
    page_token: Mapped[Secret | None] = mapped_column(Sealed)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("facebook_grant.id", ondelete="SET NULL"), index=True)

    status: Mapped[str]
    cause: Mapped[str | None]
    status_since: Mapped[datetime]
    # Goes up with everything that a row on the screen shows, so that a poll can answer "nothing new".
    revision: Mapped[int] = mapped_column(default=1)

    connected_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    connected_at: Mapped[datetime]
    authorized_at: Mapped[datetime]
    next_check_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    # The last check that came to a verdict; older than three hours is shown as "not checked since".
    verdict_at: Mapped[datetime | None]
    # Of a disconnected one whose Page is subscribed still: when that is tried again. Its token is kept until then.
    release_at: Mapped[datetime | None]
    # The cause that its checks name since then and that is not believed, because too many answer alike.
    doubted: Mapped[str | None]
    doubted_since: Mapped[datetime | None]
    last_inbound_at: Mapped[datetime | None]

    # Not joined by themselves: a row is locked without its neighbours. Lists ask for them (queries.SHOWN).
    workspace: Mapped[Workspace] = relationship()
    grant: Mapped[Grant | None] = relationship()
    connected_by: Mapped[Person | None] = relationship()
    # At most one. Read anew whenever the channel is locked; a list of locked channels reads all of theirs at once.
    open_incidents: Mapped[list[Incident]] = relationship(
        primaryjoin=lambda: and_(Incident.channel_id == Channel.id, Incident.closed_at.is_(None)), viewonly=True
    )

    @property
    def label(self) -> str:
        """What people call it: @username, or the Page's name."""
        return f"@{self.username}" if self.username else self.name

    @property
    def is_held(self) -> bool:
        return self.status != Status.DISCONNECTED

    def is_stale(self, now: datetime) -> bool:
        """Whether no check has come to a verdict for so long that the state must not be trusted."""
        return self.verdict_at is None or now - self.verdict_at > STALE_AFTER

    def ending(self, now: datetime) -> Ending | None:
        """The end of the authorisation, where it is near and nothing is said already."""
        if self.grant is None or self.status in (Status.LOST, Status.DISCONNECTED):
            return None
        return ending(self.grant.expires_at, self.grant.data_access_expires_at, now)

    def touch(self) -> None:
        """Say that a row on the screen changed."""
        self.revision += 1

    def hears(self, at: datetime) -> None:
        """A customer wrote then; perhaps one wrote later."""
        self.last_inbound_at = max(at, self.last_inbound_at or at)

    def authorize(self, token: Secret, *, now: datetime) -> None:
        """Take a new token. The moment is never one that was there before: it tells which token a question was asked
        with, and what was asked with another says nothing about this one.
        """
        self.page_token, self.release_at = token, None
        # A channel that is being made has no moment yet, whatever its type says.
        before: datetime | None = self.authorized_at
        self.authorized_at = now if before is None else max(now, before + _MOMENT)

    def doubt(self, cause: str | None, *, since: datetime) -> None:
        """Keep in mind what is not believed of it; None when a check came to a verdict."""
        self.doubted_since = (self.doubted_since or since) if cause is not None else None
        self.doubted = cause

    def become(
        self, verdict: Verdict, *, noticed_by: str, now: datetime, person_id: int | None = None
    ) -> Incident | None:
        """Take on the verdict's state. Whoever notices calls this; everything else follows from the rows it writes.

        Returns the incident that it opened, if it opened one. Call it with the channel locked.
        """
        if verdict.status is None or (verdict.status, verdict.cause) == (self.status, self.cause):
            return None
        if self.status == Status.LOST and is_known_better(self.cause, verdict.cause):
            return None
        session = self._session()
        session.add(
            StatusChange(
                channel_id=self.id,
                at=now,
                was=self.status,
                became=verdict.status,
                cause=verdict.cause,
                noticed_by=noticed_by,
                person_id=person_id,
                evidence=verdict.evidence,
            )
        )
        self.status, self.cause, self.status_since = verdict.status, verdict.cause, now
        self.touch()
        return self._account_for(verdict, noticed_by, now)

    def _account_for(self, verdict: Verdict, noticed_by: str, now: datetime) -> Incident | None:
        """One incident an episode: opened by the first failure, closed by health or by disconnecting."""
        incident = next(iter(self.open_incidents), None)
        self._session().expire(self, ["open_incidents"])
        if verdict.status in (Status.CONNECTED, Status.DISCONNECTED):
            if incident is not None:
                incident.close(by=noticed_by, now=now)
            return None
        if incident is not None:
            incident.turn_into(verdict, now=now)
            return None
        opened = Incident.opened(self.id, verdict, noticed_by=noticed_by, now=now)
        self._session().add(opened)
        return opened

    def _session(self) -> Session:
        session = object_session(self)
        assert session is not None, "a channel changes inside a session"
        return session


class StatusChange(Model):
    """One change of a channel's state; mail, banner, strip and history follow from these rows."""

    __tablename__ = "status_change"
    __table_args__ = (Index("ix_status_change_channel_at", "channel_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    was: Mapped[str | None]
    became: Mapped[str]
    cause: Mapped[str | None]
    noticed_by: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    # Asked for by the history alone.
    person: Mapped[Person | None] = relationship(viewonly=True)
