"""A channel's thread with one contact, and the log of who did what with it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.core.db import Model
from webapp.inbox.models.contact import Contact
from webapp.inbox.models.message import Direction, Message, SendStatus
from webapp.inbox.models.standing import Standing, State

_UNREAD = text("unread > 0")
_WAITING = text("waiting_since IS NOT NULL")


class Conversation(Standing, Model):
    """`revision` goes up with everything that the list or the thread shows, so that a poll can say "nothing new".

    `latest_*` describe the newest message by its own time, whatever order messages come in. `read_until` and
    `delivered_until` are what the platform tells of the customer's side. `waiting_since` is the first message of the
    customer that nobody has answered.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("channel_id", "contact_id"),
        Index("ix_conversation_workspace_latest", "workspace_id", "latest_at", "id"),
        Index("ix_conversation_workspace_state_latest", "workspace_id", "state", "latest_at", "id"),
        Index("ix_conversation_channel_latest", "channel_id", "latest_at", "id"),
        Index("ix_conversation_contact", "contact_id"),
        Index("ix_conversation_mine", "workspace_id", "assignee_id", "state", "latest_at", "id"),
        Index(
            "ix_conversation_unread",
            *("workspace_id", "latest_at", "id"),
            sqlite_where=_UNREAD,
            postgresql_where=_UNREAD,
        ),
        Index(
            "ix_conversation_waiting",
            *("workspace_id", "waiting_since", "id"),
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(default=State.OPEN)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    latest_at: Mapped[datetime]
    latest_text: Mapped[str] = mapped_column(default="")
    latest_kind: Mapped[str] = mapped_column(default="text")
    latest_is_ours: Mapped[bool] = mapped_column(default=False)
    last_inbound_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    read_until: Mapped[datetime | None]
    delivered_until: Mapped[datetime | None]
    unread: Mapped[int] = mapped_column(default=0)
    # The newest reply did not go out, or nobody knows: the list says so.
    reply_failed: Mapped[bool] = mapped_column(default=False, server_default=false())
    revision: Mapped[int] = mapped_column(default=1)

    channel: Mapped[Channel] = relationship(lazy="joined")
    contact: Mapped[Contact] = relationship(lazy="joined")
    assignee: Mapped[Person | None] = relationship(lazy="joined")

    def tells_of(self, reply: Message) -> None:
        """What became of a reply; the list must not hide that one did not go out, and its customer still waits."""
        had_failed = self.reply_failed
        self.reply_failed = reply.send_status in (SendStatus.FAILED, SendStatus.UNKNOWN)
        if self.reply_failed or had_failed:
            self.counts_waiting()
        self.touch()

    def counts_waiting(self) -> None:
        """Since when the customer waits: their first message after the last that may have reached them."""
        session = self._session()
        mine = select(func.max(Message.at)).where(
            Message.conversation_id == self.id,
            Message.direction == Direction.OUT,
            Message.send_status.not_in((SendStatus.FAILED, SendStatus.HELD)),
        )
        theirs = select(func.min(Message.at)).where(
            Message.conversation_id == self.id, Message.direction == Direction.IN
        )
        answered_at = session.scalar(mine)
        waits = theirs if answered_at is None else theirs.where(Message.at > answered_at)
        self.waiting_since = None if self.state == State.CLOSED else session.scalar(waits)

    def is_read(self) -> None:
        self.unread = 0
        self.touch()

    def take(self, person: Person, *, now: datetime) -> None:
        """跟進. The log names from whom, if it was somebody's."""
        before = self.assignee_id if self.state == State.IN_PROGRESS else None
        self.state, self.assignee_id = State.IN_PROGRESS, person.id
        self._log("taken", person, now, to_id=before)

    def hand_over(self, person: Person, to: Person, *, now: datetime) -> None:
        """移轉. It is new to the receiver, whoever has read it before."""
        self.state, self.assignee_id = State.IN_PROGRESS, to.id
        self.unread = max(self.unread, 1)
        self._log("transferred", person, now, to_id=to.id)

    def notes(self, action: str, person: Person, *, now: datetime, subject: str = "") -> None:
        """A change of what we know of the customer: a line in the log."""
        self._log(action, person, now, subject=subject)

    def close(self, person: Person, *, now: datetime) -> None:
        """結束事件. Whoever closes what nobody took keeps it as their own."""
        self.state, self.waiting_since = State.CLOSED, None
        if self.assignee_id is None:
            self.assignee_id = person.id
        self._log("closed", person, now)

    def is_left(self, *, now: datetime) -> None:
        """Whoever had it may not answer here any more: open again for everybody. The log names from whom."""
        before = self.assignee_id
        self.state, self.assignee_id = State.OPEN, None
        self._log("left", None, now, to_id=before)

    def _log(
        self, action: str, person: Person | None, now: datetime, *, to_id: int | None = None, subject: str = ""
    ) -> None:
        session = self._session()
        by = person.id if person else None
        session.add(
            ConversationEvent(
                conversation_id=self.id, at=now, action=action, person_id=by, to_id=to_id, subject=subject
            )
        )
        self.touch()

    def _session(self) -> Session:
        session: Session | None = object_session(self)
        assert session is not None, "a conversation changes inside a session"
        return session


class ConversationEvent(Model):
    """A line in the conversation's log: who did what with it, or with what we know of the customer."""

    __tablename__ = "conversation_event"
    __table_args__ = (Index("ix_conversation_event_conversation_at", "conversation_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    action: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    # Of a transfer: to whom; of taking over and of being left: from whom. Of a tag: which.
    to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    subject: Mapped[str] = mapped_column(default="")

    person: Mapped[Person | None] = relationship(lazy="joined", foreign_keys=person_id)
    to: Mapped[Person | None] = relationship(lazy="joined", foreign_keys=to_id)
