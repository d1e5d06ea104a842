"""Fresh failures that no token's own answer proves: ask around, then believe them or take them back.

A fault of everybody's begins with the first few accounts. They are shown as broken at once, but nobody is mailed until
it is certain that the failure is their own.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from webapp.channels import evidence
from webapp.channels.actions.due import make_due
from webapp.channels.doubt import (
    ASKED_AROUND,
    ENOUGH_CHANNELS,
    ENOUGH_LOGINS,
    WINDOW,
    is_alike,
    stands_alone,
)
from webapp.channels.models import Channel, Incident
from webapp.channels.models.incident import DOUBT
from webapp.channels.rules import HEALTHY, NO_VERDICT_AGAIN, TAKEN_FOR
from webapp.channels.status import Status
from webapp.core import db

log = logging.getLogger("webapp.channels")


def settle(now: datetime) -> None:
    """Decide about every fresh failure that can be decided about; for the others, ask more channels."""
    fresh = _fresh()
    if not fresh:
        return
    answers = evidence.answers(now)
    is_large_enough = evidence.is_large_enough(ENOUGH_CHANNELS, ENOUGH_LOGINS)
    db.leave()
    alike = {cause for cause in {one.cause for one in fresh} if is_alike(answers, cause)}
    certain = [one for one in fresh if not is_large_enough or stands_alone(answers, one.cause, one.opened_at)]
    undecided = [one for one in fresh if one not in certain]
    for one in undecided:
        if one.cause in alike:
            _take_back(one, now)
    # After an hour everybody has been asked once: what could be learned is known.
    waiting = [one for one in undecided if one.cause not in alike and one.opened_at > now - WINDOW]
    certain += [one for one in undecided if one.cause not in alike and one not in waiting]
    if waiting and not _ask_around(min(one.opened_at for one in waiting), now):
        certain += waiting
    _believe([one.id for one in certain])


def _fresh() -> Sequence[Incident]:
    wanted = select(Incident).where(Incident.closed_at.is_(None), ~Incident.settled).order_by(Incident.id)
    return db.session().scalars(wanted.execution_options(populate_existing=True)).all()


def _take_back(one: Incident, now: datetime) -> None:
    """The account is as it was before, and is asked again before the hour is over: nothing of it was mailed."""
    with db.transaction() as session:
        channel = session.get_one(Channel, one.channel_id, with_for_update=True, populate_existing=True)
        incident = session.get_one(Incident, one.id, with_for_update=True, populate_existing=True)
        if incident.closed_at is not None or incident.settled:
            return
        channel.become(HEALTHY, noticed_by=DOUBT, now=now)
        channel.doubt(incident.cause, since=incident.opened_at)
        channel.next_check_at = now + NO_VERDICT_AGAIN
    log.warning("%s of channel %s is doubted: many answer alike", one.cause, one.channel_id)


def _believe(incident_ids: Sequence[int]) -> None:
    if not incident_ids:
        return
    with db.transaction() as session:
        wanted = select(Incident).where(Incident.id.in_(incident_ids)).order_by(Incident.id).with_for_update()
        for incident in session.scalars(wanted.execution_options(populate_existing=True)):
            incident.settled = True


def _ask_around(since: datetime, now: datetime) -> bool:
    """Let enough others be asked that the failure can be told apart. False when nobody is left to ask."""
    soon = Channel.next_check_at <= now + TAKEN_FOR
    asked = Channel.checked_at >= since
    # Asked in vain: they are asked again in ten minutes.
    silent = and_(asked, or_(Channel.verdict_at.is_(None), Channel.verdict_at < since), Channel.doubted.is_(None))
    with db.transaction() as session:
        pending = _count(session, and_(_unasked(since), soon))
        chosen = _some(session, and_(_unasked(since), ~soon), ASKED_AROUND - pending - _count(session, asked))
        if chosen:
            make_due(session, Channel.id.in_(chosen), now=now)
        return bool(pending or chosen or _count(session, and_(silent, Channel.status != Status.DISCONNECTED)))


def _unasked(since: datetime) -> ColumnElement[bool]:
    return and_(
        Channel.status == Status.CONNECTED,
        or_(Channel.checked_at.is_(None), Channel.checked_at < since),
    )


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Channel).where(which)) or 0


def _some(session: Session, which: ColumnElement[bool], count: int) -> list[int]:
    """Of as many different logins as there are, at random: neighbours often fail together."""
    if count <= 0:
        return []
    turn = func.row_number().over(partition_by=Channel.grant_id, order_by=func.random()).label("turn")
    drawn = select(Channel.id, turn).where(which).subquery()
    return list(session.scalars(select(drawn.c.id).order_by(drawn.c.turn, func.random()).limit(count)))
