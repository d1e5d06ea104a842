"""Reads of the room. For operators: over all workspaces."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select

from webapp.channels.models import Channel
from webapp.channels.status import Status
from webapp.core import db
from webapp.mail.queries import Undelivered, undelivered
from webapp.scheduler.models import MetaState, Round
from webapp.scheduler.rules import LEASE, OVERDUE_AFTER, ROUND_LIFE, SILENCE, hour_name

_HELD = Channel.status != Status.DISCONNECTED


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows. `silent`: no round has finished for 90 minutes although there are channels to check."""

    rounds: list[Round]
    channels: int
    due: int
    next_due_at: datetime | None
    finished_at: datetime | None
    silent: bool
    meta: MetaState
    paused: bool
    mails: Undelivered

    @property
    def under_way(self) -> bool:
        return self.due > 0 or bool(self.rounds and self.rounds[0].finished_at is None)


def meta_state() -> MetaState:
    """How Meta and our app get on, read anew; all is well where nothing was ever written."""
    return db.session().get(MetaState, 1, populate_existing=True) or MetaState(id=1, usage=0, failed=0, reason="")


def trouble() -> str:
    """Why checks fail for everybody at the moment: app, alike or unreachable; empty when they do not."""
    told = select(MetaState.reason).where(MetaState.id == 1, MetaState.declared_at.is_not(None))
    return db.session().scalar(told) or ""


def overview(now: datetime, limit: int = 24) -> Overview:
    channels, due, next_due_at = (
        db.session()
        .execute(
            select(
                func.count(),
                func.count().filter(Channel.next_check_at <= now),
                func.min(Channel.next_check_at),
            ).where(_HELD)
        )
        .one()
    )
    finished_at = db.session().scalar(select(func.max(Round.finished_at)))
    state = meta_state()
    return Overview(
        rounds=rounds(limit),
        channels=channels,
        due=due,
        next_due_at=next_due_at,
        finished_at=finished_at,
        silent=channels > 0 and (finished_at is None or finished_at < now - SILENCE),
        meta=state,
        paused=state.is_paused(now),
        mails=undelivered(now),
    )


def rounds(limit: int) -> list[Round]:
    """Newest first."""
    return list(db.session().scalars(select(Round).order_by(Round.began_at.desc(), Round.id.desc()).limit(limit)))


def unfinished(now: datetime) -> Select[Round]:
    """The newest round that is still being worked on."""
    return (
        select(Round)
        .where(Round.finished_at.is_(None), Round.began_at > now - ROUND_LIFE)
        .order_by(Round.id.desc())
        .limit(1)
    )


def is_finished(now: datetime) -> bool:
    """Whether this hour has its round and nothing is left to be finished."""
    finished = exists().where(Round.name == hour_name(now), Round.finished_at.is_not(None))
    return db.session().scalar(unfinished(now)) is None and bool(db.session().scalar(select(finished)))


def missed(now: datetime) -> bool:
    """Whether a channel went without its hourly check; one that waits because its Page's limit says so did not."""
    limit = now - OVERDUE_AFTER
    missed_one = exists().where(
        _HELD,
        Channel.next_check_at <= now + LEASE,
        Channel.authorized_at < limit,
        or_(Channel.checked_at.is_(None), Channel.checked_at < limit),
    )
    return bool(db.session().scalar(select(missed_one)))
