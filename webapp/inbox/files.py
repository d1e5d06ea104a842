"""Reads about files of messages."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.core import db
from webapp.inbox.models import Conversation, Media, MediaState, Message


def files_of(messages: Sequence[Message]) -> dict[tuple[int, int], Media]:
    """(message id, position) → its file."""
    ids = [one.id for one in messages if one.attachments]
    if not ids:
        return {}
    found = db.session().scalars(
        select(Media).where(Media.message_id.in_(ids)).execution_options(populate_existing=True)
    )
    return {(one.message_id, one.position): one for one in found if one.message_id is not None}


def kept_file(conversation: Conversation, media_id: int) -> Media | None:
    """A file that we keep of this conversation."""
    return db.session().scalar(
        select(Media)
        .join(Message, Message.id == Media.message_id)
        .where(
            Media.id == media_id,
            Message.conversation_id == conversation.id,
            Message.deleted_at.is_(None),
            Media.state == MediaState.KEPT,
        )
    )
