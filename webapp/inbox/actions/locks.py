"""Rows to decide on, locked. The order is always channel, conversation, message: nobody waits in a circle."""

from sqlalchemy.orm import Session

from webapp.inbox.models import Conversation, Message


def conversation(session: Session, conversation_id: int) -> Conversation:
    """The conversation with its channel as they are now."""
    return session.get_one(
        Conversation,
        conversation_id,
        populate_existing=True,
        with_for_update={"of": Conversation, "key_share": True},
    )


def message(session: Session, message_id: int) -> Message:
    """Lock its conversation before."""
    return session.get_one(
        Message, message_id, populate_existing=True, with_for_update={"of": Message, "key_share": True}
    )
