"""Write down what checks found: one statement for all that stays as it is, one transaction for each change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, update
from sqlalchemy.orm import Session, selectinload

from webapp.channels import evidence
from webapp.channels.actions.ask import Asked
from webapp.channels.actions.due import make_due
from webapp.channels.actions.ends import move_ends
from webapp.channels.actions.watched import Watched, are
from webapp.channels.actions.weigh import Checked, weigh
from webapp.channels.doubt import is_alike
from webapp.channels.models import Channel, CheckGap, Incident
from webapp.channels.rules import CHECK_EVERY, NO_VERDICT, NO_VERDICT_AGAIN, TAKEN_FOR, Verdict, is_too_early
from webapp.channels.status import Status
from webapp.core import db

# Who notices right after a login: the login's own questions are fresh.
AFTER_LOGIN = "authorization"


@dataclass(slots=True)
class Tally:
    """What a run of checks came to. `requests` counts HTTP requests to Meta.

    `held` verdicts were doubted and not recorded, `refused` portions met a refusal of our own app. `pause` is how
    many seconds Meta asks the app to wait, `usage` percent of the app's limits.
    """

    checked: int = 0
    lost: int = 0
    healed: int = 0
    no_verdict: int = 0
    requests: int = 0
    held: int = 0
    refused: int = 0
    pause: int = 0
    usage: int = 0
    evidence: dict[str, object] = field(default_factory=dict)

    def count(self, was: str, verdict: Verdict) -> None:
        self.checked += 1
        self.no_verdict += verdict.status is None
        self.lost += verdict.status == Status.LOST and was != Status.LOST
        self.healed += verdict.status == Status.CONNECTED and was in (Status.LOST, Status.ATTENTION)

    def hear(self, asked: Asked) -> None:
        """What a portion told beside its verdicts."""
        self.requests += asked.requests
        self.refused += asked.trouble.app_refused
        self.pause = max(self.pause, asked.trouble.seconds)
        self.evidence = self.evidence or asked.trouble.evidence

    def __add__(self, other: "Tally") -> "Tally":
        """Counts add up; how loaded Meta is does not."""
        largest = {name: max(getattr(self, name), getattr(other, name)) for name in ("pause", "usage")}
        counts = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name not in (*largest, "evidence")
        }
        return Tally(**counts, **largest, evidence=self.evidence or other.evidence)


def record_portions(
    back: Sequence[Asked], tally: Tally, *, now: datetime, noticed_by: str, person_id: int | None = None
) -> None:
    """Write what portions found. What another process has recorded meanwhile is not recorded again."""
    judged: list[Watched] = []
    found: dict[int, Verdict] = {}
    pauses: dict[int, int] = {}
    for asked in back:
        tally.hear(asked)
        judged += [one for one in asked.channels if one.id not in asked.unasked]
        found |= asked.verdicts
        pauses |= asked.pauses
    read = {one.id: one for one in judged}
    checks = weigh(judged, found, pauses, now)
    tally.held += sum(one.is_held for one in checks)
    quiet = [one for one in checks if one.says_nothing_new(read[one.channel_id])]
    beating = _heartbeat([read[one.channel_id] for one in quiet], quiet, now) if quiet else set()
    recorded = {one.channel_id: one.verdict for one in quiet if one.channel_id in beating}
    news = [one for one in checks if one.channel_id not in recorded]
    if news:
        seen = {one.channel_id: read[one.channel_id].checked_at for one in quiet}
        recorded |= _record_all(news, seen, now=now, noticed_by=noticed_by, person_id=person_id)
    for channel_id, verdict in recorded.items():
        tally.count(read[channel_id].status, verdict)
    move_ends([one for asked in back for one in asked.ends])


def _heartbeat(unchanged: Sequence[Watched], checks: Sequence[Checked], now: datetime) -> set[int]:
    """Say of many channels at once that they were checked; returns those that still were as they had been read."""
    silent = {one.channel_id: _next_check(NO_VERDICT, one.pause, now) for one in checks if one.verdict.status is None}
    values: dict[str, object] = {"checked_at": now, "next_check_at": now + CHECK_EVERY, "verdict_at": now}
    if silent:
        values["next_check_at"] = case(silent, value=Channel.id, else_=now + CHECK_EVERY)
        values["verdict_at"] = case((Channel.id.in_(list(silent)), Channel.verdict_at), else_=now)
    with db.transaction() as session:
        # Locked in the order that everybody keeps, so that two who write about several never wait for each other.
        theirs = select(Channel.id).where(_as_read(unchanged), Channel.authorized_at <= now).order_by(Channel.id)
        written = set(
            session.scalars(
                update(Channel)
                .where(Channel.id.in_(select(theirs.with_for_update().cte("theirs").c.id)))
                .values(values)
                .returning(Channel.id),
                execution_options={"synchronize_session": False},
            )
        )
        for one in unchanged:
            if one.id in written and one.id not in silent:
                session.add_all(CheckGap.ended(one.id, one.verdict_at, now))
        return written


def _as_read(channels: Sequence[Watched]) -> ColumnElement[bool]:
    """Those whose state and last check are still what they were: first come, first served."""
    alike: dict[tuple[str, str | None], list[int]] = {}
    for one in channels:
        alike.setdefault(one.state, []).append(one.id)
    moments = {one.checked_at for one in channels}
    known = Channel.checked_at.in_([moment for moment in moments if moment is not None])
    return and_(
        or_(*(and_(are(ids), _is_in(state)) for state, ids in alike.items())),
        or_(known, Channel.checked_at.is_(None)) if None in moments else known,
    )


def _is_in(state: tuple[str, str | None]) -> ColumnElement[bool]:
    status, cause = state
    return and_(Channel.status == status, Channel.cause.is_not_distinct_from(cause))


def _next_check(verdict: Verdict, pause: int, now: datetime) -> datetime:
    """In an hour; sooner where nothing was learned, later where the Page's own limit asks for it."""
    if verdict.status is not None:
        return now + CHECK_EVERY
    return now + max(NO_VERDICT_AGAIN, timedelta(seconds=pause))


def record(
    channel_id: int,
    verdict: Verdict,
    *,
    now: datetime,
    noticed_by: str,
    authorized_at: datetime | None = None,
) -> None:
    """Write what a refusal proved, unless the channel was authorised anew or disconnected meanwhile.

    `authorized_at` names the token that was used; None where none was.
    """
    if not verdict.by_token and is_alike(evidence.answers(now), str(verdict.cause)):
        return
    with db.transaction() as session:
        channel = session.get(Channel, channel_id, with_for_update=True, populate_existing=True)
        if channel is None or not channel.is_held or channel.authorized_at > now:
            return
        if authorized_at not in (None, channel.authorized_at) or _is_too_early(channel, verdict, now):
            return
        opened = channel.become(verdict, noticed_by=noticed_by, now=now)
        login = _ended_login(channel, opened, verdict)
    _ask_siblings_soon({login}, now)


def _record_all(
    checks: Sequence[Checked],
    seen: Mapping[int, datetime | None],
    *,
    now: datetime,
    noticed_by: str,
    person_id: int | None,
) -> dict[int, Verdict]:
    """Write verdicts in one transaction; returns what counts of each channel that still was ours to write.

    `seen`: channels with nothing new, and their last check as it was read. Another process that took one when we were
    too slow has recorded its own.
    """
    logins: set[int | None] = set()
    recorded: dict[int, Verdict] = {}
    with db.transaction() as session:
        locked = {one.id: one for one in session.scalars(_locked([one.channel_id for one in checks]))}
        for one in checks:
            channel = locked.get(one.channel_id)
            if channel is None or not channel.is_held or channel.authorized_at != one.authorized_at:
                continue
            if seen.get(channel.id, channel.checked_at) != channel.checked_at:
                continue
            if noticed_by != AFTER_LOGIN and _is_too_early(channel, one.verdict, now):
                one = replace(one, verdict=NO_VERDICT)
            _take(session, channel, one, now)
            opened = channel.become(one.verdict, noticed_by=noticed_by, now=now, person_id=person_id)
            if opened is not None and one.is_certain:
                opened.settled = True
            logins.add(_ended_login(channel, opened, one.verdict))
            recorded[channel.id] = one.verdict
    _ask_siblings_soon(logins, now)
    return recorded


def _locked(channel_ids: Sequence[int]) -> Select[Channel]:
    """Always in the same order, so that two who lock several never wait for each other."""
    return (
        select(Channel)
        .where(are(channel_ids))
        .order_by(Channel.id)
        .options(selectinload(Channel.open_incidents))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _take(session: Session, channel: Channel, one: Checked, now: datetime) -> None:
    channel.checked_at = now
    channel.next_check_at = _next_check(one.verdict, one.pause, now)
    channel.doubt(one.doubted, since=now)
    if one.verdict.status is not None:
        session.add_all(CheckGap.ended(channel.id, channel.verdict_at, now))
        channel.verdict_at = now


def _is_too_early(channel: Channel, verdict: Verdict, now: datetime) -> bool:
    return is_too_early(verdict, connected_at=channel.connected_at, authorized_at=channel.authorized_at, now=now)


def _ended_login(channel: Channel, opened: Incident | None, verdict: Verdict) -> int | None:
    return channel.grant_id if opened is not None and verdict.status == Status.LOST else None


def _ask_siblings_soon(logins: Iterable[int | None], now: datetime) -> None:
    """What ended an authorisation mostly ended those of the same login too: they need not wait for their hour.

    Who has been taken to be checked is left alone: taken at most a few minutes after `now`, they are under way.
    In a transaction of its own: whoever holds some channels must not wait for others.
    """
    ended = [login for login in logins if login is not None]
    if not ended:
        return
    theirs = and_(
        Channel.grant_id.in_(ended),
        Channel.status.in_((Status.CONNECTED, Status.ATTENTION)),
        Channel.checked_at < now,
        Channel.next_check_at > now + 2 * TAKEN_FOR,
    )
    with db.transaction() as session:
        make_due(session, theirs, now=now)
