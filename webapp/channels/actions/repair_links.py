"""Repair links, as the members see to them: make one, send it, take it back. And the moment it is used up."""

import secrets
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts import tries
from webapp.accounts.actions import note
from webapp.accounts.models import LinkState, Person
from webapp.accounts.rules import mail_limits
from webapp.channels.models import Authorization, Channel, RepairLink
from webapp.channels.models.repair_link import LIFE
from webapp.core import db
from webapp.core.crypto import Secret, fingerprint
from webapp.mail import actions as mail

# Nobody needs more at a time, and nobody can be flooded with mails.
OPEN_AT_MOST = 5


class NoNewLink(Exception):
    """No link can be made for `channel`."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel


class TooManyLinks(NoNewLink):
    """The channel has OPEN_AT_MOST open links already."""


class MailedTooOften(NoNewLink):
    """The address had enough mails within the hour."""


class NothingToRepair(NoNewLink):
    """The channel is disconnected, or no Facebook user is known for it."""


def create_link(
    channel: Channel, person: Person, *, address: str = "", locale: str = "", now: datetime
) -> tuple[RepairLink, str]:
    """Make a link for one channel and mail it, if an address is given. Returns it with its token, for once."""
    token = secrets.token_urlsafe(32)
    with db.transaction() as session:
        current = session.get_one(Channel, channel.id, with_for_update=True, populate_existing=True)
        if not current.is_held or current.grant_id is None:
            raise NothingToRepair(current)
        if _open_ones(session, current, now) >= OPEN_AT_MOST:
            raise TooManyLinks(current)
        if address and tries.count(session, mail_limits(current.workspace_id, "repair link", address.lower()), now=now):
            raise MailedTooOften(current)
        link = RepairLink(
            token_hash=fingerprint(token),
            workspace_id=current.workspace_id,
            channel=current,
            created_by_id=person.id,
            created_at=now,
            expires_at=now + LIFE,
            address=address,
        )
        session.add(link)
        session.flush()
        note(session, current.workspace, person, "repair_link_created", _subject(current, address), now=now)
        if address:
            _mail(session, link, person, Secret(token), locale, now)
    return link, token


def revoke_link(link: RepairLink, person: Person, *, now: datetime) -> bool:
    """Take the link back, also from somebody who is at Facebook with it. False when it was too late."""
    with db.transaction() as session:
        current = session.get_one(RepairLink, link.id, with_for_update=True, populate_existing=True)
        if current.state(now) is not LinkState.OPEN:
            return False
        current.revoked_at = now
        subject = _subject(current.channel, current.address)
        note(session, current.workspace, person, "repair_link_revoked", subject, now=now)
        return True


def spend(session: Session, trip: Authorization, now: datetime) -> None:
    """Use up the link of a trip inside the transaction that stores what the trip brought. LinkClosed if it cannot."""
    if trip.repair_link_id is None:
        return
    link = session.get_one(RepairLink, trip.repair_link_id, with_for_update=True, populate_existing=True)
    session.refresh(link.channel)
    link.spend(now)
    note(session, link.workspace, None, "repair_link_used", _subject(link.channel, link.address), now=now)


def _open_ones(session: Session, channel: Channel, now: datetime) -> int:
    found = session.scalar(
        select(func.count())
        .select_from(RepairLink)
        .where(RepairLink.channel_id == channel.id, RepairLink.are_open(now))
    )
    return found or 0


def _mail(session: Session, link: RepairLink, person: Person, token: Secret, locale: str, now: datetime) -> None:
    channel = link.channel
    mail.queue(
        session,
        key=f"repair-link/{link.id}",
        address=link.address,
        locale=locale,
        template="repair_link",
        now=now,
        secret=token,
        token=mail.SECRET_HERE,
        sender_name=person.name,
        workspace_name=channel.workspace.name,
        label=channel.label,
        cause=channel.cause,
        facebook_user=channel.grant.facebook_user_name if channel.grant else "",
        expires_at=link.expires_at,
    )


def _subject(channel: Channel, address: str) -> str:
    return f"{channel.label} → {address}" if address else channel.label
