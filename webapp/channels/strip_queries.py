"""Reads the strips of many channels at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from flask_babel import to_user_timezone, to_utc
from sqlalchemy import func, or_, select

from webapp.accounts.models import Person
from webapp.channels.models import Channel, CheckGap, StatusChange
from webapp.channels.rules import STALE_AFTER
from webapp.channels.status import Status
from webapp.channels.strip import DAYS, Cell, Gap, Turn, cells, days_until
from webapp.core import db


def strips(channels: Sequence[Channel], now: datetime) -> dict[int, list[Cell]]:
    """The last thirty days of each channel, by its id, in the reader's time zone.

    Two questions to the database, however many channels.
    """
    days = days_until(to_user_timezone(now).date(), DAYS)
    since = _midnight(days[0])
    ids = [one.id for one in channels]
    turns, past = _turns(ids, since), _past_gaps(ids, since)
    midnights = {day: _midnight(day) for day in days}
    # Accounts to which the same happened share their cells; mostly that is nothing at all.
    drawn: dict[tuple[object, ...], list[Cell]] = {}
    found = {}
    for one in channels:
        happened, gaps = (
            [replace(turn, at=max(turn.at, since)) for turn in turns[one.id]],
            [*past[one.id], *_gaps(one, now)],
        )
        key = (*happened, *gaps)
        if key not in drawn:
            drawn[key] = cells(happened, gaps, days=days, midnight=midnights.__getitem__, now=now)
        found[one.id] = drawn[key]
    return found


def _turns(channel_ids: Sequence[int], since: datetime) -> dict[int, list[Turn]]:
    """Every channel's changes since then, and the last one before, which says how it stood."""
    following = func.lead(StatusChange.at).over(
        partition_by=StatusChange.channel_id, order_by=(StatusChange.at, StatusChange.id)
    )
    known = select(StatusChange, following.label("until")).where(StatusChange.channel_id.in_(channel_ids)).subquery()
    rows = db.session().execute(
        select(known.c.channel_id, known.c.at, known.c.became, known.c.cause, known.c.noticed_by, Person.name)
        .outerjoin(Person, Person.id == known.c.person_id)
        .where(or_(known.c.until.is_(None), known.c.until > since))
        .order_by(known.c.at, known.c.id)
    )
    found: dict[int, list[Turn]] = defaultdict(list)
    for channel_id, at, became, cause, by, person in rows:
        found[channel_id].append(Turn(at, became, cause, by, person or ""))
    return found


def _past_gaps(channel_ids: Sequence[int], since: datetime) -> dict[int, list[Gap]]:
    rows = db.session().execute(
        select(CheckGap.channel_id, CheckGap.began_at, CheckGap.ended_at)
        .where(CheckGap.channel_id.in_(channel_ids), CheckGap.ended_at > since)
        .order_by(CheckGap.ended_at)
    )
    found: dict[int, list[Gap]] = defaultdict(list)
    for channel_id, began_at, ended_at in rows:
        found[channel_id].append(Gap(began_at, ended_at))
    return found


def _gaps(channel: Channel, now: datetime) -> list[Gap]:
    """What nobody could look at until now."""
    last = channel.verdict_at or channel.authorized_at
    if channel.status == Status.DISCONNECTED or now - last <= STALE_AFTER:
        return []
    return [Gap(last, now)]


def _midnight(day: date) -> datetime:
    begins: datetime = to_utc(datetime.combine(day, time.min))
    return begins.replace(tzinfo=UTC)
