"""The check: ask Meta about channels, judge what it answers, and write down what changed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from webapp.channels.models import Channel
from webapp.channels.rules import CHECK_EVERY, HEALTHY, NO_VERDICT, Subject, Verdict, explain, judge, judge_refusal
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret, SecretUnreadable
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Meta, Probe

log = logging.getLogger("webapp.channels")

# Meta's batch takes 50 requests and a check asks four questions.
PER_BATCH = 12
# "Object does not exist", said to a token that covers the Page: the Page is gone.
_NO_SUCH_OBJECT = (100, 803)
_KEY_MISSING = Verdict(Status.ATTENTION, Cause.APP_FAULT, {"source": "TOKEN_KEYS"})


@dataclass(slots=True)
class Tally:
    """What a run of checks came to. `requests` counts HTTP requests to Meta."""

    checked: int = 0
    lost: int = 0
    healed: int = 0
    no_verdict: int = 0
    requests: int = 0

    def count(self, was: str, verdict: Verdict) -> None:
        self.checked += 1
        self.no_verdict += verdict.status is None
        self.lost += verdict.status == Status.LOST and was != Status.LOST
        self.healed += verdict.status == Status.CONNECTED and was in (Status.LOST, Status.ATTENTION)


def check_channels(
    channel_ids: Sequence[int], *, meta: Meta, now: datetime, noticed_by: str, person_id: int | None = None
) -> Tally:
    """Check channels with live calls, whatever their stored state. `now` is when the check begins."""
    tally = Tally()
    for start in range(0, len(channel_ids), PER_BATCH):
        channels = _load(channel_ids[start : start + PER_BATCH])
        db.leave()
        verdicts = _verdicts(channels, meta, tally)
        for channel in channels:
            was = channel.status
            if _record(channel.id, verdicts[channel.id], now=now, noticed_by=noticed_by, person_id=person_id):
                tally.count(was, verdicts[channel.id])
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
    found = db.session().scalars(
        select(Channel)
        .options(joinedload(Channel.grant))
        .where(Channel.id.in_(channel_ids), Channel.status != Status.DISCONNECTED)
        .order_by(Channel.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _verdicts(channels: Sequence[Channel], meta: Meta, tally: Tally) -> dict[int, Verdict]:
    """Ask and judge. A token that no key opens is our own fault, and is not asked about."""
    verdicts = dict.fromkeys((channel.id for channel in channels), _KEY_MISSING)
    readable = [
        (channel, token) for channel in channels if (token := _opened(channel.id, channel.page_token)) is not None
    ]
    if not readable:
        return verdicts
    found = meta.check([Probe(_subject(channel).platform, channel.page_id, token) for channel, token in readable])
    tally.requests += 1
    for (channel, token), findings in zip(readable, found, strict=True):
        verdict = judge(_subject(channel), findings)
        if verdict.cause is Cause.NOT_SUBSCRIBED:
            verdict = _repair(channel, token, verdict, meta)
        elif verdict.cause is Cause.UNKNOWN:
            verdict = _explained(channel, verdict, meta)
        verdicts[channel.id] = verdict
    return verdicts


def _explained(channel: Channel, verdict: Verdict, meta: Meta) -> Verdict:
    """Meta named no reason: the user token of the grant often tells it (a Page that was not ticked again)."""
    token = _opened(channel.id, channel.grant.user_token if channel.grant else None)
    if not token:
        return verdict
    try:
        cause = explain(_subject(channel), meta.inspect_token(token))
        if cause is Cause.UNKNOWN:
            meta.page(channel.page_id, token)
    except GraphError as error:
        return replace(verdict, cause=Cause.PAGE_DELETED) if error.code in _NO_SUCH_OBJECT else verdict
    return replace(verdict, cause=cause)


def _repair(channel: Channel, token: Secret, verdict: Verdict, meta: Meta) -> Verdict:
    """A missing subscription is ours to mend; only a refusal makes it the person's matter."""
    try:
        meta.subscribe(channel.page_id, token)
        fields = meta.subscribed_fields(channel.page_id, token)
    except GraphError as error:
        refusal = judge_refusal(error)
        return refusal if refusal.status else NO_VERDICT
    log.info("subscription of channel %s repaired", channel.id)
    return HEALTHY if "messages" in fields else verdict


def _record(
    channel_id: int,
    verdict: Verdict,
    *,
    now: datetime,
    noticed_by: str,
    person_id: int | None = None,
    checked: bool = True,
) -> bool:
    """Write the verdict, unless the channel was authorised anew or disconnected meanwhile."""
    with db.transaction() as session:
        channel = session.get(Channel, channel_id, with_for_update=True, populate_existing=True)
        if channel is None or not channel.is_held or channel.authorized_at > now:
            return False
        if checked:
            channel.checked_at = now
            channel.next_check_at = now + CHECK_EVERY
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


def _opened(channel_id: int, sealed: Secret | None) -> Secret | None:
    """The token, ready for use; None where there is none, or no key opens it."""
    try:
        return Secret(sealed.reveal()) if sealed is not None else None
    except SecretUnreadable:
        log.error("no key of TOKEN_KEYS opens a token of channel %s", channel_id)
        return None


def _subject(channel: Channel) -> Subject:
    return Subject(
        "instagram" if channel.platform == "instagram" else "messenger", channel.external_id, channel.page_id
    )
