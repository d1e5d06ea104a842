"""Write down what checks found: one statement for all that stays as it is, one transaction for each change."""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import Session

from webapp.channels.actions.ask import Asked
from webapp.channels.actions.watched import Watched, are
from webapp.channels.doubt import Suspicion, in_doubt
from webapp.channels.models import Channel, CheckGap
from webapp.channels.rules import CHECK_EVERY, NO_VERDICT, NO_VERDICT_AGAIN, Verdict
from webapp.channels.status import Status
from webapp.core import db


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


def record_portion(asked: Asked, tally: Tally, *, now: datetime, noticed_by: str, person_id: int | None) -> None:
    """Write what a portion found. What another process has recorded meanwhile is not recorded again."""
    judged = [one for one in asked.channels if one.id not in asked.unasked]
    verdicts = _believed(judged, asked, tally)
    unchanged = {one.id: one for one in judged if _says_nothing_new(verdicts[one.id], one)}
    written = _heartbeat(list(unchanged.values()), verdicts, asked.pauses, now) if unchanged else set()
    for one in judged:
        if one.id not in written and one.id in unchanged and _was_checked(one):
            continue
        verdict, pause = verdicts[one.id], asked.pauses.get(one.id, 0)
        if one.id in written or record(
            one.id, verdict, now=now, noticed_by=noticed_by, person_id=person_id, pause=pause
        ):
            tally.count(one.status, verdict)


def _says_nothing_new(verdict: Verdict, one: Watched) -> bool:
    return verdict.status is None or (verdict.status, verdict.cause) == one.state


def _was_checked(one: Watched) -> bool:
    """Whether another process, which took the channel when we were too slow, has recorded its check meanwhile."""
    checked_at = db.session().scalar(select(Channel.checked_at).where(Channel.id == one.id))
    db.leave()
    return checked_at != one.checked_at


def _believed(judged: list[Watched], asked: Asked, tally: Tally) -> dict[int, Verdict]:
    """The verdicts to be recorded: those in doubt say nothing."""
    doubted = in_doubt([Suspicion(one.id, one.grant_id, one.state, asked.verdicts[one.id]) for one in judged])
    tally.held += len(doubted)
    return {one.id: NO_VERDICT if one.id in doubted else asked.verdicts[one.id] for one in judged}


def _heartbeat(
    unchanged: list[Watched], verdicts: dict[int, Verdict], pauses: dict[int, int], now: datetime
) -> set[int]:
    """Say of many channels at once that they were checked; returns those that still were as they had been read."""
    silent = [one.id for one in unchanged if verdicts[one.id].status is None]
    values: dict[str, object] = {"checked_at": now, "next_check_at": now + CHECK_EVERY, "verdict_at": now}
    if silent:
        again = {channel_id: _next_check(NO_VERDICT, pauses.get(channel_id, 0), now) for channel_id in silent}
        values["next_check_at"] = case(again, value=Channel.id, else_=now + CHECK_EVERY)
        values["verdict_at"] = case((Channel.id.in_(silent), Channel.verdict_at), else_=now)
    with db.transaction() as session:
        written = set(
            session.scalars(
                update(Channel)
                .where(_as_read(unchanged), Channel.authorized_at <= now)
                .values(values)
                .returning(Channel.id),
                execution_options={"synchronize_session": False},
            )
        )
        for one in unchanged:
            if one.id in written and verdicts[one.id].status is not None:
                session.add_all(CheckGap.ended(one.id, one.verdict_at, now))
        return written


def _as_read(channels: list[Watched]) -> ColumnElement[bool]:
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
    person_id: int | None = None,
    checked: bool = True,
    pause: int = 0,
) -> bool:
    """Write the verdict, unless the channel was authorised anew or disconnected meanwhile."""
    with db.transaction() as session:
        channel = session.get(Channel, channel_id, with_for_update=True, populate_existing=True)
        if channel is None or not channel.is_held or channel.authorized_at > now:
            return False
        if checked:
            channel.checked_at = now
            channel.next_check_at = _next_check(verdict, pause, now)
            if verdict.status is not None:
                session.add_all(CheckGap.ended(channel_id, channel.verdict_at, now))
                channel.verdict_at = now
        opened = channel.become(verdict, noticed_by=noticed_by, now=now, person_id=person_id)
        if opened is not None and verdict.status == Status.LOST:
            _ask_siblings_soon(session, channel, now)
    return True


def _ask_siblings_soon(session: Session, channel: Channel, now: datetime) -> None:
    """What ended this authorisation mostly ended those of the same login too: they need not wait for their hour."""
    session.execute(
        update(Channel)
        .where(
            Channel.grant_id == channel.grant_id,
            Channel.id != channel.id,
            Channel.status.in_((Status.CONNECTED, Status.ATTENTION)),
            Channel.checked_at < now,
        )
        .values(next_check_at=now),
        execution_options={"synchronize_session": False},
    )
