"""Reads the strips of many channels at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from flask_babel import to_user_timezone, to_utc
from sqlalchemy import Select, Text, cast, func, null, or_, select, union_all

from webapp.accounts.models import Person
from webapp.channels.models import Channel, CheckGap, StatusChange
from webapp.channels.rules import STALE_AFTER
from webapp.channels.status import Status
from webapp.channels.strip import DAYS, Cell, Gap, Turn, cells, days_until
from webapp.core import db
from webapp.core.db import UtcDateTime


def strips(channels: Sequence[Channel], now: datetime) -> dict[int, list[Cell]]:
    """The last thirty days of each channel, by its id, in the reader's time zone.

    One question to the database, however many channels.
    """
    days = days_until(to_user_timezone(now).date(), DAYS)
    since = _midnight(days[0])
    turns, past = _past([one.id for one in channels], since)
    midnights = {day: _midnight(day) for day in days}
    # Accounts to which the same happened share their cells; mostly that is nothing at all.
    drawn: dict[tuple[object, ...], list[Cell]] = {}
    found = {}
    for one in channels:
        happened, gaps = turns[one.id], [*past[one.id], *_gaps(one, now)]
        key = (*happened, *gaps)
        if key not in drawn:
            drawn[key] = cells(happened, gaps, days=days, midnight=midnights.__getitem__, now=now)
        found[one.id] = drawn[key]
    return found


def _past(channel_ids: Sequence[int], since: datetime) -> tuple[dict[int, list[Turn]], dict[int, list[Gap]]]:
    """Every channel's changes since then, and the last one before, which says how it stood; and when nobody looked."""
    rows = db.session().execute(
        union_all(_changes(channel_ids, since), _unlooked(channel_ids, since)).order_by("at", "id")
    )
    turns: dict[int, list[Turn]] = defaultdict(list)
    gaps: dict[int, list[Gap]] = defaultdict(list)
    for _, channel_id, at, until, became, cause, by, person in rows:
        if became is None:
            gaps[channel_id].append(Gap(at, until))
        else:
            turns[channel_id].append(Turn(max(at, since), became, cause, by, person or ""))
    return turns, gaps


def _changes(channel_ids: Sequence[int], since: datetime) -> Select[*tuple[Any, ...]]:
    following = func.lead(StatusChange.at, type_=UtcDateTime).over(
        partition_by=StatusChange.channel_id, order_by=(StatusChange.at, StatusChange.id)
    )
    known = select(StatusChange, following.label("until")).where(StatusChange.channel_id.in_(channel_ids)).subquery()
    told = (known.c.became, known.c.cause, known.c.noticed_by, Person.name)
    return (
        select(known.c.id, known.c.channel_id, known.c.at, known.c.until, *told)
        .outerjoin(Person, Person.id == known.c.person_id)
        .where(or_(known.c.until.is_(None), known.c.until > since))
    )


def _unlooked(channel_ids: Sequence[int], since: datetime) -> Select[*tuple[Any, ...]]:
    nothing_told = (cast(null(), Text),) * 4
    return select(CheckGap.id, CheckGap.channel_id, CheckGap.began_at, CheckGap.ended_at, *nothing_told).where(
        CheckGap.channel_id.in_(channel_ids), CheckGap.ended_at > since
    )


def _gaps(channel: Channel, now: datetime) -> list[Gap]:
    """What nobody could look at until now."""
    last = channel.verdict_at or channel.authorized_at
    if channel.status == Status.DISCONNECTED or now - last <= STALE_AFTER:
        return []
    return [Gap(last, now)]


def _midnight(day: date) -> datetime:
    begins: datetime = to_utc(datetime.combine(day, time.min))
    return begins.replace(tzinfo=UTC)
