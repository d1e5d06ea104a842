"""Another app answers: take its conversations over, where Meta lets us."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.channels.models import Channel
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.diagnosis import queries
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import Meta

# Older ones cannot be answered any more; and a person waits for the answer.
ANSWERABLE = timedelta(days=7)
MOST = 10


@dataclass(frozen=True, slots=True)
class Takeover:
    """How many conversations Meta gave us and refused us. `stopped`: Meta did not answer, so not all were asked for."""

    taken: int = 0
    refused: int = 0
    stopped: bool = False


def take_over(channel: Channel, *, meta: Meta, now: datetime) -> Takeover:
    """Ask for the conversations that customers wrote in last. Asking again for one that is ours changes nothing."""
    contacts = queries.recent_contacts(channel, since=now - ANSWERABLE, limit=MOST)
    db.leave()
    taken = refused = 0
    for contact_id in contacts:
        try:
            meta.take_thread(channel.page_id, channel.page_token or Secret(""), contact_id)
            taken += 1
        except GraphError as error:
            # About this conversation or the routing; anything else would meet the next one just the same.
            if error.meaning.kind in (Kind.TRANSIENT, Kind.CREDENTIALS, Kind.APP):
                return Takeover(taken, refused, stopped=True)
            refused += 1
    return Takeover(taken, refused)
