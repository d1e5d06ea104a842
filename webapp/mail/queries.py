"""What is in the outbox, and what keeps it there. For operators: over all workspaces."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from webapp.core import db
from webapp.mail.models import OutgoingMail
from webapp.mail.rules import LIFE, MOST_UNKNOWN


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Mails that the server did not take yet, the oldest of them, and its last answer; and those given up of late."""

    waiting: int
    since: datetime | None
    problem: str
    given_up: int


def waits() -> ColumnElement[bool]:
    """Mails that are still to be sent."""
    return and_(
        OutgoingMail.sent_at.is_(None),
        OutgoingMail.withdrawn_at.is_(None),
        OutgoingMail.given_up_at.is_(None),
        OutgoingMail.unknown < MOST_UNKNOWN,
    )


def undelivered(now: datetime) -> Undelivered:
    refused = and_(waits(), OutgoingMail.problem != "")
    count, since = db.session().execute(select(func.count(), func.min(OutgoingMail.written_at)).where(refused)).one()
    last = select(OutgoingMail.problem).where(refused).order_by(OutgoingMail.next_try_at.desc()).limit(1)
    given_up = select(func.count()).where(OutgoingMail.given_up_at > now - LIFE)
    return Undelivered(
        waiting=count,
        since=since,
        problem=(db.session().scalar(last) or "") if count else "",
        given_up=db.session().scalar(given_up) or 0,
    )
