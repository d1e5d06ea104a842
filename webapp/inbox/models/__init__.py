"""Tables of the room, one file a noun."""

from webapp.inbox.models.backfill import Backfill, Fetched, Reason
from webapp.inbox.models.contact import Contact
from webapp.inbox.models.conversation import Conversation, ConversationEvent
from webapp.inbox.models.early import EarlyEvent
from webapp.inbox.models.media import Media, MediaState
from webapp.inbox.models.message import Direction, Message, SendStatus
from webapp.inbox.models.search import SearchDue, SearchEntry
from webapp.inbox.models.standing import State
from webapp.inbox.models.tag import TAGGING, Tag

__all__ = [
    "TAGGING",
    "Backfill",
    "Contact",
    "Conversation",
    "ConversationEvent",
    "Direction",
    "EarlyEvent",
    "Fetched",
    "Media",
    "MediaState",
    "Message",
    "Reason",
    "SearchDue",
    "SearchEntry",
    "SendStatus",
    "State",
    "Tag",
]
