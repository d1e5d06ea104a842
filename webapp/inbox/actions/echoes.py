"""An echo of what we sent ourselves belongs to the reply that is already there."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from webapp.core import bulk
from webapp.inbox.events import MessageEvent
from webapp.inbox.models import Conversation, Direction, Message, SendStatus
from webapp.inbox.rules import ECHO_SLACK

# A reply of ours of whose end Meta has not told us.
_WAITS = and_(
    Message.direction == Direction.OUT,
    Message.mid.is_(None),
    Message.send_status != SendStatus.SENT,
    Message.tries > 0,
)


def settle(session: Session, conversation: Conversation, event: MessageEvent) -> Message | None:
    """Give an echo's id to the reply of ours that waits for it, and return that; None when there is none.

    An echo can overtake the answer to the send, and after a timeout it is the only thing that tells how the send
    ended. Meta gives no key of ours back, so the text at about that time has to do.
    """
    reply = session.scalar(
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            _WAITS,
            Message.kind == event.kind,
            Message.text == event.text,
            Message.at.between(event.at - ECHO_SLACK, event.at + ECHO_SLACK),
        )
        .order_by(Message.id)
        .limit(1)
        .with_for_update(of=Message, key_share=True)
    )
    if reply is None:
        return None
    reply.mid = event.mid
    reply.was_sent()
    conversation.tells_of(reply)
    return reply


def awaited(session: Session, moments: Mapping[int, Sequence[datetime]]) -> set[int]:
    """Of these conversations, with the moments of their echoes: those in which a reply waits at about that time."""
    if not moments:
        return set()
    # The index leads to a conversation's messages of a time.
    rows = [
        {"conversation_id": one, "at": min(all) - ECHO_SLACK, "send_at": max(all) + ECHO_SLACK}
        for one, all in moments.items()
    ]
    return set(session.connection().scalars(_awaited(), bulk.parameters(rows)))


@bulk.once
def _awaited() -> Select[int]:
    asked = bulk.Given(Message, "conversation_id", "at", "send_at")
    here = and_(Message.conversation_id == asked.c.conversation_id, Message.at.between(asked.c.at, asked.c.send_at))
    return select(Message.conversation_id).select_from(asked.table).join(Message, here).where(_WAITS)


def confirm(session: Session, reply: Message, mid: str) -> None:
    """Meta answered the send with the message's id, perhaps after its echo came."""
    other = session.scalar(
        select(Message).where(Message.channel_id == reply.channel_id, Message.mid == mid, Message.id != reply.id)
    )
    if other is not None and other.author_id is None:
        # The echo came first and found nothing waiting for it: it is this reply.
        session.delete(other)
        session.flush()
        other = None
    if other is None:
        reply.mid = mid
    reply.was_sent()
