"""Whether replies fail in one conversation or in many of a channel: reads for the banner and for the check."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.channels.models import Channel
from webapp.channels.status import Status
from webapp.core import db
from webapp.inbox.models import Conversation, Direction, Message, SendStatus
from webapp.inbox.rules import MANY, TRIAGE, speaks_of_more


@dataclass(frozen=True, slots=True)
class Trouble:
    """`count` conversations of the channel failed lately; `is_many`: enough of them to suspect the channel.

    `problem` is what Meta said to this conversation's newest reply, when that failed.
    """

    count: int
    problem: dict[str, object] | None

    @property
    def is_many(self) -> bool:
        return self.count >= MANY


def failing(channel_id: int, now: datetime) -> int:
    """Conversations of a channel in which Meta refused a reply for good within the last half hour."""
    found = db.session().execute(
        select(Message.conversation_id, Message.problem).where(
            Message.channel_id == channel_id,
            Message.send_status == SendStatus.FAILED,
            Message.at >= now - TRIAGE,
        )
    )
    return len({conversation_id for conversation_id, problem in found if speaks_of_more(problem)})


def many_failing(channel: Channel, now: datetime) -> int:
    """How many conversations of a channel that seems to work are said to fail; 0 while they are too few to say so."""
    count = failing(channel.id, now) if channel.status == Status.CONNECTED else 0
    return count if count >= MANY else 0


def trouble(conversation: Conversation, now: datetime) -> Trouble | None:
    """What to say above a thread whose channel seems to work; None while there is nothing to say."""
    channel: Channel = conversation.channel
    if channel.status != Status.CONNECTED:
        return None
    count = failing(channel.id, now)
    problem = _newest_problem(conversation) if conversation.reply_failed else None
    if count < MANY and not speaks_of_more(problem):
        return None
    return Trouble(count, problem)


def _newest_problem(conversation: Conversation) -> dict[str, object] | None:
    newest = db.session().scalar(
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.direction == Direction.OUT)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(1)
    )
    return newest.problem if newest is not None and newest.send_status == SendStatus.FAILED else None
