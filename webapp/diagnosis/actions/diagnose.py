"""A diagnosis: begun by a person, done check by check, so that each can be shown as it finishes."""

from collections.abc import Callable
from datetime import datetime

from webapp.accounts.models import Person
from webapp.channels.actions import check_channels
from webapp.channels.models import Channel
from webapp.core import db
from webapp.diagnosis.actions.asking import Case, ask
from webapp.diagnosis.models import Diagnosis
from webapp.diagnosis.rules.checks import CHECKS
from webapp.meta.gateway import Meta


def begin(channel: Channel, person: Person, *, now: datetime) -> Diagnosis:
    with db.transaction() as session:
        begun = Diagnosis(channel_id=channel.id, person_id=person.id, began_at=now, results=[])
        session.add(begun)
    return begun


def next_check(channel: Channel, diagnosis: Diagnosis) -> str | None:
    """The first check without a result; None when all are done."""
    done = {one.check for one in diagnosis.found}
    return next((check for check in CHECKS[channel.platform] if check not in done), None)


def run_next(diagnosis: Diagnosis, channel: Channel, *, meta: Meta, app_id: str, now: datetime) -> None:
    """Do the next check and keep its result. After the last one the channel's own state follows from a check."""
    check = next_check(channel, diagnosis)
    if check is not None:
        result = ask(check, Case.of(channel, meta, app_id, now))
        with db.transaction() as session:
            current = session.get_one(Diagnosis, diagnosis.id, with_for_update=True, populate_existing=True)
            current.add(result)
            if next_check(channel, current) is None:
                current.finished_at = now
        if current.finished_at == now:
            check_channels([channel.id], meta=meta, now=now, noticed_by="check", person_id=diagnosis.person_id)


def finish_all(
    diagnosis: Diagnosis, channel: Channel, *, meta: Meta, app_id: str, clock: Callable[[], datetime]
) -> None:
    """All checks that are left, one after the other: for browsers without scripts."""
    while next_check(channel, diagnosis) is not None:
        run_next(diagnosis, channel, meta=meta, app_id=app_id, now=clock())
