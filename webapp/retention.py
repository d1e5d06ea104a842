"""How long rows are kept, whatever room they belong to. What is not named here stays.

Kept for ever, because customers read it: conversations and their log, what a repair fetched, status changes,
incidents and who was told of them, the audit log. Debris goes: what was raw, spent or asked in passing. Trips to
Facebook and what they brought go sooner, with the secrets that they hold (see channels.jobs.forget).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from webapp.accounts.models import DoorLink, SignIn
from webapp.channels.models import CheckGap, RepairLink
from webapp.core import clock, db
from webapp.diagnosis.models import Diagnosis, LiveTest
from webapp.inbox.models import Backfill, EarlyEvent, Fetched, Reason
from webapp.mail.models import OutgoingMail
from webapp.mail.queries import waits
from webapp.scheduler.models import Round
from webapp.webhooks.models import Delivery

log = logging.getLogger("webapp.retention")

# Raw deliveries hold customers' words: long enough to be replayed, not longer.
DELIVERIES = timedelta(days=30)
# One that could not be handled waits for somebody who mends it; at some time nobody will.
FAILED_DELIVERIES = timedelta(days=90)
# What came before its message, which may be from before our time.
EARLY_EVENTS = timedelta(days=7)
# Everything else that is over.
DEBRIS = timedelta(days=90)

PORTION = 500
# So that a tick ends; the next one goes on.
MOST_PORTIONS = 40


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of an `age` beyond `kept`, where `which` holds: deleted, or, with `blank`, emptied of these fields."""

    name: str
    age: InstrumentedAttribute[Any]
    kept: timedelta
    which: ColumnElement[bool] = field(default_factory=true)
    blank: Mapping[str, object] | None = None

    def is_over(self, now: datetime) -> ColumnElement[bool]:
        return and_(self.age < now - self.kept, self.which)


_newer = aliased(SignIn)
_is_not_their_last = exists().where(_newer.person_id == SignIn.person_id, _newer.id > SignIn.id)
_brought_nothing = ~exists().where(Fetched.backfill_id == Backfill.id)

RULES = (
    Rule("deliveries", Delivery.received_at, DELIVERIES, Delivery.handled_at.is_not(None)),
    Rule("failed deliveries", Delivery.received_at, FAILED_DELIVERIES, Delivery.handled_at.is_(None)),
    Rule("early events", EarlyEvent.heard_at, EARLY_EVENTS),
    # The last one of a person tells colleagues when they were seen.
    Rule("sign-ins", SignIn.began_at, DEBRIS, _is_not_their_last),
    Rule("door links", DoorLink.expires_at, DEBRIS),
    Rule("repair links", RepairLink.expires_at, DEBRIS),
    # That somebody was told, and when, stays; what they read goes.
    Rule(
        "words of mails",
        OutgoingMail.written_at,
        DEBRIS,
        and_(~waits(), or_(OutgoingMail.text != "", OutgoingMail.html != "", OutgoingMail.secret.is_not(None))),
        blank={"text": "", "html": "", "secret": None},
    ),
    Rule("diagnoses", Diagnosis.began_at, DEBRIS),
    Rule("live tests", LiveTest.began_at, DEBRIS),
    Rule("looks", Backfill.asked_at, DEBRIS, and_(Backfill.reason == Reason.LOOK, _brought_nothing)),
    Rule("gaps between checks", CheckGap.ended_at, DEBRIS),
    Rule("rounds", Round.began_at, DEBRIS),
)


def purge(*, now: datetime, portion: int = PORTION) -> dict[str, int]:
    """Let go of what has been kept long enough, in short transactions; how many rows of which rule."""
    gone = {rule.name: _apply(rule, now, portion) for rule in RULES}
    if gone["failed deliveries"]:
        days = FAILED_DELIVERIES.days
        log.warning("%s deliveries were purged after %s days without being handled", gone["failed deliveries"], days)
    return {name: count for name, count in gone.items() if count}


def _apply(rule: Rule, now: datetime, portion: int) -> int:
    """Oldest first."""
    count = 0
    for _number in range(MOST_PORTIONS):
        done = _apply_once(rule, now, portion)
        count += done
        if done < portion:
            break
    return count


def _apply_once(rule: Rule, now: datetime, portion: int) -> int:
    """Found before anything is locked: looking for rows that are not there takes nobody's turn to write."""
    model = rule.age.class_
    ids = (
        db.session()
        .scalars(select(model.id).where(rule.is_over(now)).order_by(rule.age, model.id).limit(portion))
        .all()
    )
    db.leave()
    if ids:
        statement = delete(model) if rule.blank is None else update(model).values(rule.blank)
        with db.transaction() as session:
            session.execute(statement.where(model.id.in_(ids)), execution_options={"synchronize_session": False})
    return len(ids)


def tick() -> None:
    purge(now=clock.now())


TICKS = {"retention.purge": (300, tick)}
