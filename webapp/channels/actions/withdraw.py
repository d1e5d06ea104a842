"""A mail that has not left tells of nothing that is over: it is taken out of the outbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.channels.models import Incident, Notice
from webapp.channels.models.incident import GATHER, Told
from webapp.core import db
from webapp.mail.models import OutgoingMail
from webapp.mail.queries import waits


def withdraw(now: datetime) -> None:
    """Take back each waiting mail that tells of an account which works again; what else it tells of is told anew.

    Nothing is to be done for a mail that the server is just taking: it was true when it left.
    """
    for mail_id in _outdated():
        with db.transaction() as session:
            _take_back(session, mail_id, now)


def _outdated() -> Sequence[int]:
    wanted = (
        select(OutgoingMail.id)
        .join(Notice, Notice.mail_id == OutgoingMail.id)
        .join(Incident, Incident.id == Notice.incident_id)
        .where(
            waits(),
            Incident.closed_at.is_not(None),
        )
        .distinct()
        .order_by(OutgoingMail.id)
    )
    found = db.session().scalars(wanted).all()
    db.leave()
    return found


def _take_back(session: Session, mail_id: int, now: datetime) -> None:
    told = select(Notice.incident_id).where(Notice.mail_id == mail_id)
    incidents = session.scalars(
        select(Incident)
        .where(Incident.id.in_(told))
        .order_by(Incident.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    mail = session.get_one(OutgoingMail, mail_id, with_for_update=True, populate_existing=True)
    if not mail.withdraw(now):
        return
    for notice in session.scalars(select(Notice).where(Notice.mail_id == mail_id)):
        notice.outcome, notice.at = Told.WITHDRAWN, now
    for incident in incidents:
        if incident.closed_at is None:
            incident.notify_at = now + GATHER
