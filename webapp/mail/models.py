"""The outbox: a mail is a row first, and is sent from the row."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.crypto import Sealed, Secret
from webapp.core.db import Model
from webapp.mail.rules import MOST_UNKNOWN

_WAITING = text("sent_at IS NULL AND withdrawn_at IS NULL")


class OutgoingMail(Model):
    """`key` names the occasion and recipient, so that an occasion never mails somebody twice."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (Index("ix_outgoing_mail_due", "next_try_at", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    # What the text leaves out until it is sent, such as the token of a link (see mail.actions.SECRET_HERE).
    secret: Mapped[Secret | None] = mapped_column(Sealed)
    written_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    # How often the server was given the content and nothing is known of what it did: written before it is given.
    unknown: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    # It had not left when what it tells of was over.
    withdrawn_at: Mapped[datetime | None]
    # The server refused it for so long that nobody tries any more; `problem` says what it answered last.
    given_up_at: Mapped[datetime | None]

    def withdraw(self, now: datetime) -> bool:
        """Take it back: what it tells of is over. False where it has left, or may have: then it need not come again."""
        if self.sent_at is not None or self.withdrawn_at is not None:
            return False
        self.secret = None
        if self.unknown:
            self.unknown = MOST_UNKNOWN
            return False
        self.withdrawn_at = now
        return True

    @property
    def is_unconfirmed(self) -> bool:
        """Whether it was sent, perhaps twice, and no server ever said that it keeps it. Nobody tries any more."""
        return self.sent_at is None and self.unknown >= MOST_UNKNOWN
