"""One trip through Facebook's login dialog."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.accounts.models import Workspace
from webapp.channels.models.channel import Channel
from webapp.channels.models.grant import Grant
from webapp.channels.models.repair_link import RepairLink
from webapp.core.crypto import Sealed, Secret
from webapp.core.db import Model

LIFE = timedelta(minutes=15)
# The longest that taking in an answer can go on; a trip that is open longer has lost its process.
LEASE = timedelta(minutes=3)
# How long the end of a trip can be looked at.
KEPT = timedelta(days=30)


class Outcome(StrEnum):
    """How a trip ended. Every outcome has its own sentence in templates/channels/outcomes/."""

    GRANTED = "granted"
    REVIVED = "revived"
    STILL_LOST = "still_lost"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CODE_REFUSED = "code_refused"
    META_DOWN = "meta_down"
    META_REFUSED = "meta_refused"
    # The process that took the answer in did not live to tell.
    INTERRUPTED = "interrupted"
    OTHER_USER = "other_user"
    OTHER_ACCOUNT = "other_account"
    # Who began it may not connect channels any more.
    NOT_ALLOWED = "not_allowed"
    # Of trips that a repair link began: it was used, revoked or came to its end while the dialog was open.
    LINK_CLOSED = "link_closed"


class Authorization(Model):
    """A trip, made before the dialog opens and ended by the callback.

    `name` stands in addresses; the state given to Facebook is known by its fingerprint only, works once,
    and only in the browser that began the trip: a signed-in one (`sign_in_id`), or that of a repair link's holder,
    whose cookie holds the secret behind `holder_hash`.
    """

    __tablename__ = "facebook_authorization"
    __table_args__ = (CheckConstraint("(sign_in_id IS NULL) <> (holder_hash IS NULL)", name="one_traveller"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    state_hash: Mapped[str] = mapped_column(unique=True)
    verifier: Mapped[Secret] = mapped_column(Sealed)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    holder_hash: Mapped[str | None]
    repair_link_id: Mapped[int | None] = mapped_column(ForeignKey("repair_link.id", ondelete="CASCADE"))
    platform: Mapped[str]
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    began_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(index=True)
    # What the outcome's sentence names: the other account, the code of a refusal.
    detail: Mapped[str] = mapped_column(default="")
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("facebook_grant.id", ondelete="SET NULL"))
    # Ids of channels, of any workspace, that this login no longer covers.
    cut_off: Mapped[list[int]] = mapped_column(JSON, default=list)

    workspace: Mapped[Workspace] = relationship(lazy="joined")
    channel: Mapped[Channel | None] = relationship()
    grant: Mapped[Grant | None] = relationship()
    repair_link: Mapped[RepairLink | None] = relationship()

    def is_expired(self, now: datetime) -> bool:
        return now - self.began_at > LIFE

    def end(
        self, outcome: Outcome, *, detail: str = "", grant: Grant | None = None, cut_off: Sequence[int] = ()
    ) -> None:
        self.outcome = outcome
        self.detail = detail
        self.cut_off = list(cut_off)
        if grant is not None:
            self.grant_id = grant.id


class DataDeletion(Model):
    """A request to delete a Facebook user's data, known by the code that Meta shows to the person."""

    __tablename__ = "data_deletion"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    done_at: Mapped[datetime]
