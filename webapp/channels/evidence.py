"""What channels answered lately, whoever asked: by it a failure is told apart from a fault of everybody's."""

from datetime import datetime

from sqlalchemy import func, select

from webapp.channels.doubt import WINDOW, Answer
from webapp.channels.models import Channel, Incident
from webapp.channels.status import Status
from webapp.core import db

# Newest first, so many answers that are nothing new; what is older than these says nothing that they do not.
OTHERS = 200


def answers(now: datetime) -> list[Answer]:
    """The newest answer of each channel within the hour. Unsettled and doubted failures count with their cause."""
    since = now - WINDOW
    suspects = _unsettled(since) + _doubted(since)
    found = _others(since)
    if len(found) >= OTHERS:
        # Older suspects would stand without those that were asked between them.
        suspects = [one for one in suspects if one.at >= found[-1].at]
    named = {one.channel_id for one in suspects}
    return suspects + [one for one in found if one.channel_id not in named]


def is_large_enough(channels: int, logins: int) -> bool:
    """Whether there is that much to ask at all."""
    counted = select(func.count(), func.count(Channel.grant_id.distinct())).where(Channel.status != Status.DISCONNECTED)
    found, of_logins = db.session().execute(counted).one()
    return found >= channels and of_logins >= logins


def _unsettled(since: datetime) -> list[Answer]:
    found = db.session().execute(
        select(Channel.id, Channel.grant_id, Incident.opened_at, Incident.cause)
        .join(Incident, Incident.channel_id == Channel.id)
        .where(Incident.closed_at.is_(None), ~Incident.settled, Incident.opened_at > since)
    )
    return [Answer(*row) for row in found]


def _doubted(since: datetime) -> list[Answer]:
    found = db.session().execute(
        select(Channel.id, Channel.grant_id, Channel.checked_at, Channel.doubted).where(
            Channel.doubted.is_not(None), Channel.checked_at > since, Channel.status != Status.DISCONNECTED
        )
    )
    return [Answer(one, login, at, cause) for one, login, at, cause in found if at is not None]


def _others(since: datetime) -> list[Answer]:
    found = db.session().execute(
        select(Channel.id, Channel.grant_id, Channel.verdict_at)
        .where(Channel.status != Status.DISCONNECTED, Channel.verdict_at > since, Channel.doubted.is_(None))
        .order_by(Channel.verdict_at.desc())
        .limit(OTHERS)
    )
    return [Answer(one, login, at, None) for one, login, at in found if at is not None]
