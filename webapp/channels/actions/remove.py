"""Facebook tells that somebody removed our app, or wants their data deleted."""

from datetime import datetime

from sqlalchemy import delete, select

from webapp.channels.models import Channel, DataDeletion, Grant, PendingGrant
from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.errors import Cause


def lose_user(facebook_user_id: str, *, now: datetime) -> int:
    """The app was removed: every channel of this user is lost, in every workspace. Returns how many grants knew them.

    Repeating it changes nothing.
    """
    with db.transaction() as session:
        grants = list(session.scalars(select(Grant).where(Grant.facebook_user_id == facebook_user_id)))
        held = session.scalars(
            select(Channel)
            .where(Channel.grant_id.in_([grant.id for grant in grants]), Channel.status != Status.DISCONNECTED)
            .with_for_update(of=Channel)
        )
        verdict = Verdict(Status.LOST, Cause.APP_REMOVED, {"source": "deauthorization"})
        for channel in held:
            channel.become(verdict, noticed_by="meta", now=now)
    return len(grants)


def forget_user(facebook_user_id: str, *, code: str, now: datetime) -> None:
    """Delete what we hold of a Facebook user: name and token of the grants; the channels stay, lost.

    `code` is what the person can look the deletion up by.
    """
    lose_user(facebook_user_id, now=now)
    with db.transaction() as session:
        grants = list(session.scalars(select(Grant).where(Grant.facebook_user_id == facebook_user_id)))
        for grant in grants:
            grant.facebook_user_name = ""
            grant.user_token = Secret("")
            grant.offers = []
        session.execute(delete(PendingGrant).where(PendingGrant.facebook_user_id == facebook_user_id))
        if session.query(DataDeletion).filter_by(code=code).one_or_none() is None:
            session.add(DataDeletion(code=code, done_at=now))
