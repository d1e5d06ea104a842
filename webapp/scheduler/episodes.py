"""What the sweep learns about Meta itself: how near its limits are, and whether it fails for everybody."""

import logging
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.accounts.models import Person
from webapp.channels.actions import Tally
from webapp.channels.models import Channel
from webapp.channels.status import Status
from webapp.core import db
from webapp.mail import actions as mail
from webapp.scheduler import queries
from webapp.scheduler.models import MetaState
from webapp.scheduler.rules import enough_failed, most_failed, pause_after

log = logging.getLogger("webapp.scheduler")


def state() -> MetaState:
    return queries.meta_state()


def learn(tally: Tally, now: datetime, began: datetime) -> bool:
    """Write down what a batch that began then told about Meta; returns whether to go on at once."""
    failing = most_failed(tally.checked, tally.no_verdict)
    passing = tally.checked > 0 and not failing
    pause = pause_after(tally.usage, tally.pause)
    known = state()
    if not failing and not pause and known.usage == tally.usage and not (passing and known.failing_since):
        return True
    with db.transaction() as session:
        current = _locked(session)
        current.usage = tally.usage
        if pause:
            current.wait_until = max(current.wait_until or now, now + pause)
        if passing:
            current.recover()
        elif failing:
            current.fail(_reason(tally), tally.evidence, began)
            _declare(session, current, now)
    return not failing and not pause


def _reason(tally: Tally) -> str:
    if tally.held:
        return "alike"
    return "app" if tally.refused else "unreachable"


def _declare(session: Session, current: MetaState, now: datetime) -> None:
    """Once an episode, when enough channels failed and none passed: everybody sees it, operators get a mail."""
    failed = Channel.checked_at >= current.failing_since
    failed &= or_(Channel.verdict_at.is_(None), Channel.verdict_at < current.failing_since)
    channels, current.failed = session.execute(
        select(func.count(), func.count().filter(failed)).where(Channel.status != Status.DISCONNECTED)
    ).one()
    if current.declared_at is not None or current.failed < enough_failed(channels):
        return
    current.declared_at = now
    log.error("checks fail for everybody: %s, %s", current.reason, current.evidence)
    for person in session.scalars(select(Person).where(Person.is_operator, Person.email != "")):
        mail.queue(
            session,
            key=f"meta-trouble/{_name(current.failing_since)}/{person.id}",
            address=person.email,
            locale=person.locale,
            template="meta_trouble",
            now=now,
            person_name=person.name,
            reason=current.reason,
            evidence=current.evidence,
            failed=current.failed,
            channels=channels,
            since=current.failing_since,
        )


def is_over(which: str, now: datetime) -> bool:
    """Whether the episode that a mail tells of (its name, then the recipient) has ended."""
    since = state().failing_since
    return since is None or not which.startswith(f"{_name(since)}/")


def _name(since: datetime | None) -> str:
    return f"{since:%Y-%m-%dT%H:%M:%S.%f}"


def _locked(session: Session) -> MetaState:
    """The one row, made by whoever needs it first."""
    found = session.get(MetaState, 1, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            made = MetaState(id=1)
            session.add(made)
    except IntegrityError:
        return session.get_one(MetaState, 1, with_for_update=True, populate_existing=True)
    return made
