"""The check: ask Meta about channels, judge what it answers, and write down what changed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from webapp.channels.actions.ask import ask, usage
from webapp.channels.actions.record import Tally, record, record_portion
from webapp.channels.actions.watched import load
from webapp.channels.models import Channel, Grant
from webapp.channels.rules import judge_refusal
from webapp.channels.status import Status
from webapp.core import db
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Meta


def check_channels(
    channel_ids: Sequence[int], *, meta: Meta, now: datetime, noticed_by: str, person_id: int | None = None
) -> Tally:
    """Check channels with live calls, whatever their stored state. `now` is when the check begins.

    When Meta wants to be left alone or does not answer at all, the rest is not asked about and stays due.
    """
    tally = Tally()
    channels = load(channel_ids)
    db.leave()
    left = {channel.id for channel in channels}
    for asked in ask(channels, meta):
        tally.hear(asked)
        record_portion(asked, tally, now=now, noticed_by=noticed_by, person_id=person_id)
        left -= {channel.id for channel in asked.channels} - asked.unasked
    tally.usage = usage(meta)
    if left:
        _release(left, now)
    return tally


def report_refusal(channel_id: int, error: GraphError, *, noticed_by: str, now: datetime) -> None:
    """Meta refused something that we did for a channel: if that proves the channel broken, say so at once."""
    verdict = judge_refusal(error)
    if verdict.status is not None:
        record(channel_id, verdict, now=now, noticed_by=noticed_by, checked=False)
    # What one refusal leaves open, a check may name, before anybody is told the wrong thing to do.
    if verdict.cause is Cause.UNKNOWN or error.meaning.kind is Kind.PERMISSION:
        _check_soon(channel_id, now)


def check_named_soon(session: Session, ids: Collection[str], *, now: datetime) -> None:
    """Make the check of these Facebook users', Pages' and Instagram accounts' channels due, whoever holds them."""
    users = select(Grant.id).where(Grant.facebook_user_id.in_(ids))
    session.execute(
        update(Channel)
        .where(
            or_(Channel.page_id.in_(ids), Channel.external_id.in_(ids), Channel.grant_id.in_(users)),
            Channel.status != Status.DISCONNECTED,
            Channel.next_check_at > now,
        )
        .values(next_check_at=now),
        execution_options={"synchronize_session": False},
    )


def _check_soon(channel_id: int, now: datetime) -> None:
    with db.transaction() as session:
        channel = session.get(Channel, channel_id, with_for_update=True, populate_existing=True)
        if channel is not None and channel.next_check_at > now:
            channel.next_check_at = now


def _release(channel_ids: set[int], now: datetime) -> None:
    """Not asked about, so not checked: due as before."""
    with db.transaction() as session:
        session.execute(
            update(Channel).where(Channel.id.in_(channel_ids), Channel.next_check_at > now).values(next_check_at=now),
            execution_options={"synchronize_session": False},
        )
