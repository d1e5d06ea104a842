"""What can happen in a conversation, in the inbox's own words; whoever hears of it says it with these.

Every event names the customer (`contact_id`: IGSID or PSID) and when it happened (`at`: aware, UTC).
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """One thing that came with a message. `url` is http(s) or empty; Meta's addresses expire."""

    kind: str
    url: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """A message of the customer, or (`is_echo`) one of the account, written here or anywhere else.

    `kind` is "text" or what else it is: one of KINDS in `rules.py`, "unsupported" for all that is unknown.
    """

    contact_id: str
    at: datetime
    mid: str
    is_echo: bool = False
    kind: str = "text"
    text: str = ""
    attachments: tuple[Attachment, ...] = field(default=())
    reply_to_mid: str | None = None

    @property
    def is_ours(self) -> bool:
        return self.is_echo

    @property
    def shown_kind(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True)
class DeletedEvent:
    """Somebody took a message back: its content must go."""

    contact_id: str
    at: datetime
    mid: str


@dataclass(frozen=True, slots=True)
class EditedEvent:
    """The customer changed a message. `number` is which change it is, 0 where Meta does not say."""

    contact_id: str
    at: datetime
    mid: str
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class ReactionEvent:
    """The customer reacted to a message; an empty `emoji` takes the reaction back."""

    contact_id: str
    at: datetime
    mid: str
    emoji: str


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """The customer has read: up to the message `mid`, or, where that is None, up to `at`."""

    contact_id: str
    at: datetime
    mid: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveredEvent:
    """Everything up to `at` has reached the customer's device."""

    contact_id: str
    at: datetime


Event = MessageEvent | DeletedEvent | EditedEvent | ReactionEvent | ReadEvent | DeliveredEvent
