"""Tables of the room, one file a noun."""

from webapp.inbox.models.contact import Contact
from webapp.inbox.models.conversation import Conversation, ConversationEvent, State
from webapp.inbox.models.message import Direction, Message, SendStatus

__all__ = ["Contact", "Conversation", "ConversationEvent", "Direction", "Message", "SendStatus", "State"]
