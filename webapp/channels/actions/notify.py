"""Tell the people who can repair it: one mail an episode, for all of a workspace's accounts at once.

A mail waits until it is certain that the failure is the account's own (see settle.py), and for the workspace's other
accounts that are being asked. One that has not left when all that it tells of is over never leaves.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from webapp.accounts.models import Membership, Person, Workspace
from webapp.accounts.queries import members_with
from webapp.accounts.rules import Right
from webapp.channels.actions.settle import settle
from webapp.channels.actions.withdraw import withdraw
from webapp.channels.models import Channel, Incident, Notice
from webapp.channels.models.incident import Told
from webapp.channels.remedies import Remedy, remedy, together
from webapp.channels.rules import ATTENTION, MAILED, TAKEN_FOR
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import fingerprint
from webapp.mail import actions as mail
from webapp.mail.models import OutgoingMail

log = logging.getLogger("webapp.channels")

# A decision takes milliseconds; one that broke is tried again after this.
LEASE = timedelta(minutes=2)
# So long a mail waits at most for what else of the workspace is being asked, from the failure on.
GATHER_AT_MOST = TAKEN_FOR
# Nobody may be told now (the plan ended, nobody has the right): that can change.
LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """One account as the mail tells of it."""

    channel_id: int
    label: str
    platform: str
    page_name: str
    cause: str
    since: datetime
    facebook_user: str
    lost: bool
    reauthorise: bool


def notify_due(now: datetime) -> int:
    """Decide on every incident that is due, workspace by workspace; returns how many mails were written.

    What is over is taken out of the outbox first, and what is fresh is settled as far as it can be.

    A workspace that cannot be decided on waits for its lease to end and holds nobody up.
    """
    withdraw(now)
    settle(now)
    written = 0
    while (booked := _book(now)) is not None:
        try:
            written += _decide(*booked, now)
        except Exception:
            log.exception("nobody could be told in workspace %s", booked[0])
    return written


_DUE = and_(Incident.notify_at <= bindparam("now"), Incident.closed_at.is_(None), Incident.settled)


def _is_gathered() -> ColumnElement[bool]:
    """Nothing of the incident's workspace may join it soon: no account is still being asked, no failure unsettled."""
    own, other, fresh = aliased(Channel), aliased(Channel), aliased(Incident)
    asked = and_(
        or_(other.id == own.id, other.status.in_((Status.CONNECTED, Status.ATTENTION))),
        other.next_check_at <= bindparam("asked_by"),
        or_(other.checked_at.is_(None), other.checked_at < Incident.opened_at),
    )
    unsettled = exists().where(
        fresh.channel_id == other.id, fresh.closed_at.is_(None), ~fresh.settled, fresh.notify_at.is_not(None)
    )
    waits_for = exists().where(
        own.id == Incident.channel_id, other.workspace_id == own.workspace_id, or_(asked, unsettled)
    )
    return or_(Incident.opened_at <= bindparam("waited_since"), ~waits_for)


# Asked at every tick, mostly in vain: built once.
_NEXT_WORKSPACE = (
    select(Workspace.id)
    .where(
        exists().where(Channel.workspace_id == Workspace.id, Channel.id == Incident.channel_id, _DUE, _is_gathered())
    )
    .order_by(Workspace.id)
    .limit(1)
    # key_share: rows that refer to the workspace can be written meanwhile.
    .with_for_update(skip_locked=True, key_share=True)
)


def _book(now: datetime) -> tuple[int, Sequence[int]] | None:
    """Take all due incidents of one workspace: its id and theirs. The list is empty when somebody was faster."""
    with db.transaction() as session:
        times = {"now": now, "asked_by": now + TAKEN_FOR, "waited_since": now - GATHER_AT_MOST}
        workspace_id = session.scalar(_NEXT_WORKSPACE, times)
        if workspace_id is None:
            return None
        of_workspace = select(Channel.id).where(Channel.workspace_id == workspace_id)
        taken = session.scalars(
            update(Incident)
            .where(Incident.channel_id.in_(of_workspace), _DUE)
            .values(notify_at=now + LEASE)
            .returning(Incident.id),
            {"now": now},
            execution_options={"synchronize_session": False},
        )
        return workspace_id, list(taken)


def _decide(workspace_id: int, incident_ids: Sequence[int], now: datetime) -> int:
    """Write the mails of one workspace, together with who was told of what."""
    with db.transaction() as session:
        workspace = session.get_one(Workspace, workspace_id, populate_existing=True)
        incidents = _still_open(session, incident_ids)
        told = members_with(workspace, Right.MANAGE_CHANNELS) if workspace.has_plan(now) else []
        if not told:
            _note_silence(session, incidents, Told.NOBODY if workspace.has_plan(now) else Told.PLAN_ENDED, now)
        written = sum(_tell(session, member, incidents, now) for member in told)
        reached = any(member.person.email for member in told)
        for incident in incidents:
            incident.notify_at = None if reached else now + LOOK_AGAIN
        return written


def _note_silence(session: Session, incidents: Sequence[Incident], why: Told, now: datetime) -> None:
    """Why nobody at all was told; once, however often we look again."""
    for incident in incidents:
        last = session.scalar(
            select(Notice.outcome)
            .where(Notice.incident_id == incident.id, Notice.person_id.is_(None))
            .order_by(Notice.id.desc())
            .limit(1)
        )
        if last != why:
            session.add(Notice(incident_id=incident.id, outcome=why, at=now))


def _still_open(session: Session, incident_ids: Sequence[int]) -> list[Incident]:
    """The booked incidents that still need telling, locked; one that turned into something silent needs none."""
    found = session.scalars(
        select(Incident)
        .where(Incident.id.in_(incident_ids), Incident.closed_at.is_(None), Incident.notify_at.is_not(None))
        .order_by(Incident.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for incident in found:
        if incident.cause not in MAILED:
            incident.notify_at = None
    return [incident for incident in found if incident.notify_at is not None]


def _tell(session: Session, member: Membership, incidents: Sequence[Incident], now: datetime) -> int:
    """One mail to one person about all of it; 0 when they know already."""
    notices = {
        one.incident_id: one
        for one in session.scalars(
            select(Notice).where(
                Notice.person_id == member.person_id, Notice.incident_id.in_([one.id for one in incidents])
            )
        )
    }
    unreached = [one for one in incidents if one.id not in notices or notices[one.id].outcome != Told.WRITTEN]
    if not unreached:
        return 0
    letter = _write(session, member, unreached, now) if member.person.email else None
    for incident in unreached:
        notice = notices.get(incident.id)
        if notice is None:
            notice = Notice(incident_id=incident.id, person_id=member.person_id)
            session.add(notice)
        notice.outcome = Told.WRITTEN if member.person.email else Told.NO_ADDRESS
        notice.mail_id, notice.at = letter.id if letter else None, now
    return letter is not None


def _write(session: Session, member: Membership, news: Sequence[Incident], now: datetime) -> OutgoingMail | None:
    return mail.queue(
        session,
        # Of what it tells: a mail that is withdrawn for one account makes room for one about the others.
        key=f"channel-lost/{fingerprint(' '.join(str(one.id) for one in news))[:24]}/{member.person_id}",
        address=member.person.email,
        locale=member.person.locale,
        template="channel_lost",
        now=now,
        **_context(session, member.workspace, member.person, news),
    )


def _context(session: Session, workspace: Workspace, person: Person, incidents: Sequence[Incident]) -> dict[str, Any]:
    channels = [session.get_one(Channel, incident.channel_id) for incident in incidents]
    return {
        "person_name": person.name,
        "workspace_name": workspace.name,
        "workspace_slug": workspace.slug,
        "accounts": [_failure(*one) for one in zip(channels, incidents, strict=True)],
        "together": together(channels),
    }


def _failure(channel: Channel, incident: Incident) -> Failure:
    return Failure(
        channel_id=channel.id,
        label=channel.label,
        platform=channel.platform,
        page_name=channel.page_name,
        cause=incident.cause,
        since=incident.opened_at,
        facebook_user=channel.grant.facebook_user_name if channel.grant else "",
        lost=incident.cause not in ATTENTION,
        reauthorise=remedy(incident.cause) is Remedy.REAUTHORISE,
    )
