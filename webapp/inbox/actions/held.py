"""Replies written while the channel was lost: they wait for the repair and then go out by themselves, once."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.channels.models import Channel
from webapp.channels.status import Status
from webapp.core import db
from webapp.inbox.actions import locks
from webapp.inbox.actions.backfill import book_repairs
from webapp.inbox.actions.replying import put_on_its_way
from webapp.inbox.models import Backfill, Conversation, Message, Reason, SendStatus
from webapp.inbox.rules import HUMAN_AGENT, Held, held

AT_ONCE = 500


class AlreadyGone(Exception):
    """The reply is on its way, or a colleague took it back."""


def release(now: datetime) -> None:
    """Put on their way what may go out now; what came too late fails and says so.

    Whoever wrote it may have left since: the team said it, and a colleague could have taken it back.
    """
    waiting = _to_decide(now)
    if waiting:
        # What the customer wrote meanwhile decides how long the reply may still go out.
        book_repairs(now)
    for message_id, conversation_id in waiting:
        with db.transaction() as session:
            conversation = locks.conversation(session, conversation_id)
            message = session.get(Message, message_id, populate_existing=True, with_for_update={"of": Message})
            if message is not None and message.send_status == SendStatus.HELD:
                _decide(session, conversation, message, now)


def withdraw(conversation_id: int, message_id: int) -> str:
    """Take back a reply that still waits; returns its text. Raises AlreadyGone when it waits no more."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        message = session.get(Message, message_id, populate_existing=True, with_for_update={"of": Message})
        if message is None or message.send_status != SendStatus.HELD:
            raise AlreadyGone
        session.delete(message)
        conversation.touch()
        return message.text


def _to_decide(now: datetime) -> list[tuple[int, int]]:
    """Those whose time has come: what still waits for a repair stands in nobody's way."""
    works = Channel.status.not_in((Status.LOST, Status.DISCONNECTED))
    is_late = Conversation.last_inbound_at <= now - HUMAN_AGENT
    found = db.session().execute(
        select(Message.id, Message.conversation_id)
        .join(Channel, Channel.id == Message.channel_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.send_status == SendStatus.HELD)
        .where(or_(and_(works, ~is_late), and_(is_late, ~_gap_is_open(Message.channel_id))))
        .order_by(Message.id)
        .limit(AT_ONCE)
    )
    rows = [(message_id, conversation_id) for message_id, conversation_id in found]
    db.leave()
    return rows


def _decide(session: Session, conversation: Conversation, message: Message, now: datetime) -> None:
    what = held(conversation.channel.status, conversation.last_inbound_at, now)
    if what is Held.GOES:
        put_on_its_way(session, conversation, message, now)
    elif what is Held.TOO_LATE and not session.scalar(select(_gap_is_open(conversation.channel_id))):
        message.has_failed({"kind": "window"})
        conversation.tells_of(message)


def _gap_is_open(channel_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The customer may have written again meanwhile, which the backfill will tell."""
    return exists().where(
        Backfill.channel_id == channel_id, Backfill.reason == Reason.REPAIR, Backfill.ended_at.is_(None)
    )
