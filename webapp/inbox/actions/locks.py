"""Rows to decide on, locked. The order is always channel, conversation, message: nobody waits in a circle."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from webapp.inbox.models import Contact, Conversation, Message


def conversation(session: Session, conversation_id: int) -> Conversation:
    """The conversation with its channel as they are now."""
    return session.get_one(
        Conversation,
        conversation_id,
        populate_existing=True,
        with_for_update={"of": Conversation, "key_share": True},
    )


def conversation_with(session: Session, channel_id: int, contact_external_id: str) -> Conversation | None:
    return session.scalar(
        select(Conversation)
        .join(Conversation.contact)
        .where(Conversation.channel_id == channel_id, Contact.external_id == contact_external_id)
        .options(joinedload(Conversation.contact))
        .with_for_update(of=Conversation, key_share=True)
        .execution_options(populate_existing=True)
    )


def message(session: Session, message_id: int) -> Message:
    """Lock its conversation before."""
    return session.get_one(
        Message, message_id, populate_existing=True, with_for_update={"of": Message, "key_share": True}
    )
