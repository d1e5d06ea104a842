"""The check: ask Meta about channels, judge what it answers, and write down what changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.channels.actions.ask import Asking, UnderWay, usage
from webapp.channels.actions.due import make_due
from webapp.channels.actions.record import Tally, record, record_portions
from webapp.channels.actions.watched import Watched, load
from webapp.channels.models import Channel, Grant
from webapp.channels.rules import judge_refusal
from webapp.core import db
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Meta

# Portions are written down together: one statement for all of their channels that stay as they are.
TOGETHER = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """Channels whose check began `at` this moment and is under way."""

    at: datetime
    channels: Sequence[Watched]
    asked: UnderWay


class Checking:
    """Checks batches of channels with live calls, whatever their stored state: the next may begin before the last ends.

    When Meta wants to be left alone or does not answer at all, nothing further is asked (`is_stopped`), and what was
    not asked about stays due.
    """

    def __init__(self, meta: Meta, *, noticed_by: str, person_id: int | None = None) -> None:
        self.meta = meta
        self.noticed_by = noticed_by
        self.person_id = person_id
        self.asking = Asking(meta)

    def __enter__(self) -> "Checking":
        return self

    def __exit__(self, *error: object) -> None:
        self.asking.close()

    @property
    def is_stopped(self) -> bool:
        return self.asking.is_stopped

    def stop(self) -> None:
        self.asking.stop()

    def resume(self) -> None:
        self.asking.resume()

    def begin(self, channel_ids: Sequence[int], now: datetime) -> Batch:
        channels = load(channel_ids)
        db.leave()
        return Batch(now, channels, self.asking.begin(channels))

    def finish(self, batch: Batch) -> Tally:
        """Write down what comes back, until all of the batch has."""
        # A batch of one portion is asked about here, and the sweep has read since it began.
        db.leave()
        tally = Tally()
        left = {channel.id for channel in batch.channels}
        back = batch.asked.back()
        while together := list(islice(back, TOGETHER)):
            record_portions(together, tally, now=batch.at, noticed_by=self.noticed_by, person_id=self.person_id)
            left -= {one.id for asked in together for one in asked.channels if one.id not in asked.unasked}
        tally.usage = usage(self.meta)
        if left:
            _release(left, batch.at)
        return tally


def check_channels(
    channel_ids: Sequence[int], *, meta: Meta, now: datetime, noticed_by: str, person_id: int | None = None
) -> Tally:
    """Check channels and wait for all of it. `now` is when the check begins."""
    with Checking(meta, noticed_by=noticed_by, person_id=person_id) as checking:
        return checking.finish(checking.begin(channel_ids, now))


def report_refusal(
    channel_id: int, error: GraphError, *, noticed_by: str, now: datetime, authorized_at: datetime | None = None
) -> None:
    """Meta refused something that we did for a channel: if that proves the channel broken, say so at once.

    `authorized_at` names the token that was refused, as it stood beside it when it was read.
    """
    verdict = judge_refusal(error)
    if verdict.status is not None:
        record(channel_id, verdict, now=now, noticed_by=noticed_by, authorized_at=authorized_at)
    # What one refusal leaves open, a check may name, before anybody is told the wrong thing to do.
    if verdict.cause is Cause.UNKNOWN or error.meaning.kind is Kind.PERMISSION:
        _check_soon(channel_id, now)


def check_named_soon(session: Session, ids: Collection[str], *, now: datetime) -> None:
    """Make the check of these Facebook users', Pages' and Instagram accounts' channels due, whoever holds them.

    Inside the caller's transaction, which may hold channels.
    """
    users = select(Grant.id).where(Grant.facebook_user_id.in_(ids))
    named = or_(Channel.page_id.in_(ids), Channel.external_id.in_(ids), Channel.grant_id.in_(users))
    make_due(session, named, now=now, alone=False)


def _check_soon(channel_id: int, now: datetime) -> None:
    with db.transaction() as session:
        make_due(session, Channel.id == channel_id, now=now)


def _release(channel_ids: set[int], now: datetime) -> None:
    """Not asked about, so not checked: due as before."""
    with db.transaction() as session:
        make_due(session, Channel.id.in_(channel_ids), now=now)
