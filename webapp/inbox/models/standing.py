"""How a conversation stands: rules that need nothing but its own values, wherever those were read."""

from abc import abstractmethod
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from webapp.accounts.models import Person

# The list shows the beginning of the newest message; the rest stays with the message.
SNIPPET = 200


class State(StrEnum):
    """待處理, 處理中, 已結束."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Line(Protocol):
    """What the list must know of a message. `shown_kind`: its kind, or "deleted"."""

    @property
    def at(self) -> datetime: ...
    @property
    def text(self) -> str: ...
    @property
    def shown_kind(self) -> str: ...
    @property
    def is_ours(self) -> bool: ...


class Standing:
    """Of a row of `conversation`, or of what the receiver read of thousands of them; the names are the row's."""

    __slots__ = ()

    if TYPE_CHECKING:
        state: Any
        assignee_id: Any
        latest_at: Any
        latest_text: Any
        latest_kind: Any
        latest_is_ours: Any
        last_inbound_at: Any
        waiting_since: Any
        read_until: Any
        delivered_until: Any
        unread: Any
        revision: Any

    def touch(self) -> None:
        """Say that something on the screen changed."""
        self.revision += 1

    def hears(self, message: Line, *, now: datetime, is_news: bool = True) -> None:
        """A message of the customer arrived, perhaps late: it opens the reply window and, as news, the conversation."""
        self.last_inbound_at = max(message.at, self.last_inbound_at or message.at)
        if not is_news:
            self.shows(message)
            return
        self.unread += 1
        is_answered = self.latest_is_ours and message.at < self.latest_at
        if not is_answered:
            self.waiting_since = min(message.at, self.waiting_since or message.at)
        self.shows(message)
        if self.state == State.CLOSED:
            self.reopen(None, now=now)

    def shows(self, message: Line) -> None:
        """The list shows the newest message, whichever came last."""
        if message.at >= self.latest_at:
            self.latest_at = message.at
            self.latest_text = message.text[:SNIPPET]
            self.latest_kind = message.shown_kind
            self.latest_is_ours = message.is_ours
            if message.is_ours:
                self.waiting_since = None
        self.touch()

    def is_past(self, message: Line) -> bool:
        """Whether a later message came before this one: since when the customer waits is then to be counted."""
        return bool(message.at < self.latest_at)

    def reaches(self, until: datetime) -> None:
        """Everything up to then is on the customer's device."""
        self.delivered_until = max(until, self.delivered_until or until)
        self.touch()

    def is_seen(self, until: datetime) -> None:
        """The customer has read everything up to then."""
        self.read_until = max(until, self.read_until or until)
        self.touch()

    def reopen(self, person: Person | None, *, now: datetime) -> None:
        """重啟事件, by a member or (None) by a new message: open again for everybody."""
        self.state, self.assignee_id = State.OPEN, None
        self._log("reopened", person, now)

    @abstractmethod
    def _log(
        self, action: str, person: Person | None, now: datetime, *, to_id: int | None = None, subject: str = ""
    ) -> None:
        """Write a line into the conversation's log."""
