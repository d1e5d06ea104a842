"""Taking, handing over, closing and reopening a conversation, and having read it."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from webapp.accounts.models import Membership, Person
from webapp.accounts.rules import Right, roles_with
from webapp.core import db
from webapp.inbox.actions import locks
from webapp.inbox.models import Conversation, State

# Conversations in one go, so that a tick ends; the next one goes on.
AT_ONCE = 500


class AlreadyTaken(Exception):
    """Somebody else was faster; `name` is who."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def take(conversation_id: int, person: Person, *, may_take_over: bool, now: datetime) -> None:
    """跟進. What a colleague has taken can be taken over only by those who see all conversations."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        is_busy = conversation.state == State.IN_PROGRESS
        if is_busy and conversation.assignee_id == person.id:
            return
        if is_busy and not may_take_over:
            raise AlreadyTaken(conversation.assignee.name if conversation.assignee else "")
        conversation.take(person, now=now)


def transfer(conversation_id: int, person: Person, to: Person, *, was_with: int | None, now: datetime) -> None:
    """移轉. `was_with` is who had it on the screen where the colleague was chosen: two people who hand over the same
    conversation at once do not undo each other unseen. `to` may see conversations; the caller has looked."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        if conversation.state == State.IN_PROGRESS and conversation.assignee_id == to.id:
            return
        if conversation.assignee_id != was_with:
            raise AlreadyTaken(conversation.assignee.name if conversation.assignee else "")
        conversation.hand_over(person, to, now=now)


def close(conversation_id: int, person: Person, *, now: datetime) -> None:
    """✓ 結束事件."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        if conversation.state != State.CLOSED:
            conversation.close(person, now=now)


def reopen(conversation_id: int, person: Person, *, now: datetime) -> None:
    """↻ 重啟事件."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        if conversation.state == State.CLOSED:
            conversation.reopen(person, now=now)


def reopen_left(*, now: datetime) -> int:
    """Open again what is with somebody who was disabled or has a role without conversations; returns how many."""
    gone = or_(Membership.disabled_at.is_not(None), Membership.role.not_in(roles_with(Right.OWN_CONVERSATIONS)))
    theirs = and_(
        Membership.workspace_id == Conversation.workspace_id, Membership.person_id == Conversation.assignee_id
    )
    left = select(Conversation.id).join(Membership, theirs).where(gone, Conversation.state == State.IN_PROGRESS)
    found = db.session().scalars(left.order_by(Conversation.id).limit(AT_ONCE)).all()
    db.leave()
    for conversation_id in found:
        with db.transaction() as session:
            conversation = locks.conversation(session, conversation_id)
            # They may have handed it over, or be back.
            if session.scalar(left.where(Conversation.id == conversation_id)):
                conversation.is_left(now=now)
    return len(found)


def mark_read(conversation_id: int) -> None:
    """Somebody has the thread in front of them."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        if conversation.unread:
            conversation.is_read()
