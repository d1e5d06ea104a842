"""Disconnecting: messages stop, history stays."""

from datetime import datetime

from webapp.accounts.actions import note
from webapp.accounts.models import Person
from webapp.channels.actions.subscription import release
from webapp.channels.models import Channel
from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import opened
from webapp.meta.gateway import Meta


def disconnect(channel: Channel, person: Person, *, meta: Meta, now: datetime) -> None:
    """Let the account go. The Page's subscription is taken back only when no other channel lives on it.

    Meta refusing or being down does not keep a channel connected: what still arrives is stored and shown nowhere.
    """
    with db.transaction() as session:
        current = session.get_one(Channel, channel.id, with_for_update=True, populate_existing=True)
        if not current.is_held:
            return
        token = opened(current.page_token)
        current.page_token = None
        current.become(Verdict(Status.DISCONNECTED), noticed_by="person", now=now, person_id=person.id)
        note(session, current.workspace, person, "disconnected", current.label, now=now)
    if token is not None:
        release([(current.page_id, token)], meta=meta)
