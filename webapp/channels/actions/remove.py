"""Facebook tells that somebody removed our app."""

from datetime import datetime

from sqlalchemy import select

from webapp.channels.models import Channel, Grant
from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.core import db
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
            .order_by(Channel.id)
            .with_for_update(of=Channel)
        )
        verdict = Verdict(Status.LOST, Cause.APP_REMOVED, {"source": "deauthorization"}, by_token=True)
        for channel in held:
            channel.become(verdict, noticed_by="meta", now=now)
    return len(grants)
