"""Names and pictures of customers, asked for when there is time. Not getting them is normal."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select, update

from webapp.core import db
from webapp.core.crypto import opened
from webapp.inbox.actions import locks
from webapp.inbox.models import Contact, Conversation
from webapp.inbox.rules import PROFILE_LIFE
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import Meta, Platform, Profile

AGAIN = timedelta(minutes=10)
# Meta answers no while the channel is broken: no hurry then.
MUCH_LATER = timedelta(hours=6)


def fetch_profile(contact_id: int, *, meta: Meta, now: datetime) -> None:
    """Ask Meta who a customer is, if nobody did. Booked for ten minutes, so that two workers ask once."""
    if not _book(contact_id, now):
        return
    contact = db.session().get_one(Contact, contact_id)
    conversation = db.session().scalar(select(Conversation).where(Conversation.contact_id == contact_id))
    token = opened(conversation.channel.page_token) if conversation else None
    if conversation is None or token is None:
        return
    platform = cast(Platform, conversation.channel.platform)
    db.leave()
    try:
        profile = meta.profile(contact.external_id, token, platform)
    except GraphError as error:
        _record(contact_id, None, _when_again(error, now), now)
        return
    _record(contact_id, profile, None, now)


def renew_profile(contact_id: int, *, now: datetime) -> None:
    """Somebody looks at a customer whose picture may have expired: ask anew when there is time."""
    contact = db.session().get(Contact, contact_id)
    if contact is None or contact.profile_at is None or contact.profile_at > now - PROFILE_LIFE:
        return
    with db.transaction() as session:
        is_old = session.scalar(
            update(Contact)
            .where(Contact.id == contact_id, Contact.profile_due_at.is_(None), Contact.profile_at < now - PROFILE_LIFE)
            .values(profile_due_at=now)
            .returning(Contact.id)
            .execution_options(synchronize_session=False)
        )
        if is_old is not None:
            db.ring_after_commit("inbox.profile", contact_id)


def forgotten_profiles(now: datetime) -> list[int]:
    """Contacts whose bell was lost, or who have to be asked for again."""
    found = db.session().scalars(
        select(Contact.id).where(Contact.profile_due_at <= now).order_by(Contact.profile_due_at).limit(50)
    )
    return list(found)


def _book(contact_id: int, now: datetime) -> bool:
    with db.transaction() as session:
        booked = session.scalar(
            update(Contact)
            .where(Contact.id == contact_id, Contact.profile_due_at <= now)
            .values(profile_due_at=now + AGAIN)
            .returning(Contact.id)
        )
    return booked is not None


def _when_again(error: GraphError, now: datetime) -> datetime | None:
    """A customer who does not let us see them is not asked again."""
    if error.meaning.kind in (Kind.RECIPIENT, Kind.REQUEST):
        return None
    return now + (AGAIN if error.meaning.kind is Kind.TRANSIENT else MUCH_LATER)


def _record(contact_id: int, profile: Profile | None, again: datetime | None, now: datetime) -> None:
    with db.transaction() as session:
        conversation_id = session.scalar(select(Conversation.id).where(Conversation.contact_id == contact_id))
        if conversation_id is None:
            return
        conversation = locks.conversation(session, conversation_id)
        contact = session.get_one(Contact, contact_id, populate_existing=True)
        contact.profile_due_at = again
        if profile is None:
            # Asked for nothing more: what was known of the name stays, a picture would be a broken one.
            contact.picture_url = contact.picture_url if again else ""
            return
        contact.name, contact.username = profile.name, profile.username
        contact.picture_url, contact.profile_at = profile.picture_url, now
        conversation.touch()
