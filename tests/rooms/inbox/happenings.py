"""What customers do, and what the database holds afterwards."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox.actions import receive_all
from webapp.inbox.actions.ledger import Happening
from webapp.inbox.events import Event, MessageEvent
from webapp.inbox.models import Conversation, ConversationEvent, Message

CUSTOMER = "5614879045272581"


def minutes_ago(minutes: float) -> datetime:
    return clock.now() - timedelta(minutes=minutes)


def happen(channel: Channel, *events: Event) -> None:
    """What a delivery does."""
    with db.transaction() as session:
        held = session.get_one(Channel, channel.id, populate_existing=True)
        receive_all(session, [Happening(held, event) for event in events], now=clock.now())


def write(channel: Channel, text: str = "hello", **changes: Any) -> Conversation:
    """The customer writes; returns the conversation."""
    values = {"contact_id": CUSTOMER, "at": minutes_ago(1), "mid": f"mid of {text}", "text": text} | changes
    happen(channel, MessageEvent(**values))
    return talks()[-1]


def talks() -> list[Conversation]:
    return _fresh(select(Conversation).order_by(Conversation.id))


def talk() -> Conversation:
    (one,) = talks()
    return one


def lines() -> list[Message]:
    return _fresh(select(Message).order_by(Message.at, Message.id))


def line(text: str) -> Message:
    (one,) = [message for message in lines() if message.text == text]
    return one


def log() -> list[tuple[str, int | None]]:
    events = _fresh(select(ConversationEvent).order_by(ConversationEvent.id))
    return [(event.action, event.person_id) for event in events]


def _fresh(query: Any) -> list[Any]:
    db.leave()
    return list(db.session().scalars(query.execution_options(populate_existing=True)))
