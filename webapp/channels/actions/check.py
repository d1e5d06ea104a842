"""The check: ask Meta about channels, judge what it answers, and write down what changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, joinedload

from webapp.channels.actions.ask import Asked, ask, usage
from webapp.channels.doubt import Suspicion, in_doubt
from webapp.channels.models import Channel
from webapp.channels.rules import CHECK_EVERY, NO_VERDICT, NO_VERDICT_AGAIN, Verdict, judge_refusal
from webapp.channels.status import Status
from webapp.core import db
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import Meta


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


def check_channels(
    channel_ids: Sequence[int], *, meta: Meta, now: datetime, noticed_by: str, person_id: int | None = None
) -> Tally:
    """Check channels with live calls, whatever their stored state. `now` is when the check begins.

    When Meta wants to be left alone or does not answer at all, the rest is not asked about and stays due.
    """
    tally = Tally()
    channels = _load(channel_ids)
    db.leave()
    left = {channel.id for channel in channels}
    for asked in ask(channels, meta):
        tally.hear(asked)
        _record_portion(asked, tally, now=now, noticed_by=noticed_by, person_id=person_id)
        left -= {channel.id for channel in asked.channels} - asked.unasked
    tally.usage = usage(meta)
    if left:
        _release(left, now)
    return tally


def report_refusal(channel_id: int, error: GraphError, *, noticed_by: str, now: datetime) -> None:
    """Meta refused something that we did for a channel: if that proves the channel broken, say so at once."""
    verdict = judge_refusal(error)
    if verdict.status is not None:
        _record(channel_id, verdict, now=now, noticed_by=noticed_by, checked=False)
    elif error.meaning.kind is Kind.PERMISSION:
        _check_soon(channel_id, now)


def _check_soon(channel_id: int, now: datetime) -> None:
    with db.transaction() as session:
        channel = session.get(Channel, channel_id, with_for_update=True, populate_existing=True)
        if channel is not None and channel.next_check_at > now:
            channel.next_check_at = now


def _load(channel_ids: Sequence[int]) -> list[Channel]:
    """Channels of one Page stand side by side, so that they share questions."""
    found = db.session().scalars(
        select(Channel)
        .options(joinedload(Channel.grant))
        .where(Channel.id.in_(channel_ids), Channel.status != Status.DISCONNECTED)
        .order_by(Channel.page_id, Channel.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _release(channel_ids: set[int], now: datetime) -> None:
    """Not asked about, so not checked: due as before."""
    with db.transaction() as session:
        session.execute(
            update(Channel).where(Channel.id.in_(channel_ids), Channel.next_check_at > now).values(next_check_at=now),
            execution_options={"synchronize_session": False},
        )


def _record_portion(asked: Asked, tally: Tally, *, now: datetime, noticed_by: str, person_id: int | None) -> None:
    """Write what a portion found: one statement for all that stays as it is, one transaction for each change."""
    before = {one.id: (one.status, one.cause) for one in asked.channels}
    verdicts = _believed(asked, before, tally)
    unchanged = {
        channel_id: verdict
        for channel_id, verdict in verdicts.items()
        if verdict.status is None or (verdict.status, verdict.cause) == before[channel_id]
    }
    last = {one.id: one.checked_at for one in asked.channels}
    written = _heartbeat(unchanged, before, last, asked.pauses, now) if unchanged else set()
    for channel_id, verdict in verdicts.items():
        pause = asked.pauses.get(channel_id, 0)
        if channel_id not in written and channel_id in unchanged and _was_checked(channel_id, last[channel_id]):
            continue
        if channel_id in written or _record(
            channel_id, verdict, now=now, noticed_by=noticed_by, person_id=person_id, pause=pause
        ):
            tally.count(before[channel_id][0], verdict)


def _was_checked(channel_id: int, last: datetime | None) -> bool:
    """Whether another process, which took the channel when we were too slow, has recorded its check meanwhile."""
    checked_at = db.session().scalar(select(Channel.checked_at).where(Channel.id == channel_id))
    db.leave()
    return checked_at != last


def _believed(asked: Asked, before: dict[int, tuple[str, str | None]], tally: Tally) -> dict[int, Verdict]:
    """The verdicts to be recorded: those in doubt say nothing."""
    judged = [one for one in asked.channels if one.id not in asked.unasked]
    doubted = in_doubt([Suspicion(one.id, one.grant_id, before[one.id], asked.verdicts[one.id]) for one in judged])
    tally.held += len(doubted)
    return {one.id: NO_VERDICT if one.id in doubted else asked.verdicts[one.id] for one in judged}


def _heartbeat(
    verdicts: dict[int, Verdict],
    before: dict[int, tuple[str, str | None]],
    last: dict[int, datetime | None],
    pauses: dict[int, int],
    now: datetime,
) -> set[int]:
    """Say of many channels at once that they were checked; returns those that still were as they had been read."""
    as_read = [(channel_id, before[channel_id][0], before[channel_id][1] or "") for channel_id in verdicts]
    silent = [channel_id for channel_id, verdict in verdicts.items() if verdict.status is None]
    values: dict[str, object] = {"checked_at": now, "next_check_at": now + CHECK_EVERY, "verdict_at": now}
    if silent:
        again = {channel_id: _next_check(NO_VERDICT, pauses.get(channel_id, 0), now) for channel_id in silent}
        values["next_check_at"] = case(again, value=Channel.id, else_=now + CHECK_EVERY)
        values["verdict_at"] = case((Channel.id.in_(silent), Channel.verdict_at), else_=now)
    with db.transaction() as session:
        return set(
            session.scalars(
                update(Channel)
                .where(
                    Channel.id.in_(verdicts),
                    tuple_(Channel.id, Channel.status, func.coalesce(Channel.cause, "")).in_(as_read),
                    Channel.authorized_at <= now,
                    # First come, first served: what somebody else has recorded meanwhile is not recorded again.
                    or_(*(_checked_at(moment) for moment in set(last.values()))),
                )
                .values(values)
                .returning(Channel.id),
                execution_options={"synchronize_session": False},
            )
        )


def _checked_at(moment: datetime | None) -> ColumnElement[bool]:
    return Channel.checked_at.is_(None) if moment is None else Channel.checked_at == moment


def _next_check(verdict: Verdict, pause: int, now: datetime) -> datetime:
    """In an hour; sooner where nothing was learned, later where the Page's own limit asks for it."""
    if verdict.status is not None:
        return now + CHECK_EVERY
    return now + max(NO_VERDICT_AGAIN, timedelta(seconds=pause))


def _record(
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
            channel.verdict_at = now if verdict.status else channel.verdict_at
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
