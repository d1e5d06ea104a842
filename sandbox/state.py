"""The sandbox's whole memory: rows by id, switches that are on, and a clock that can be moved."""

import bisect
import dataclasses
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from sandbox import model
from sandbox.model import (
    AppSubscription,
    Business,
    Conversation,
    Customer,
    Fault,
    Grant,
    InstagramAccount,
    LoginCode,
    Message,
    Page,
    Person,
    Token,
)

SHAPE = 1
Row = TypeVar("Row")


class State:
    """Rows of one stand-in Meta. Not locked: whoever serves requests holds the lock."""

    def __init__(self) -> None:
        self.clock_offset = 0
        self.people: dict[str, Person] = {}
        self.pages: dict[str, Page] = {}
        self.instagram: dict[str, InstagramAccount] = {}
        self.businesses: dict[str, Business] = {}
        self.customers: dict[str, Customer] = {}
        self.conversations: dict[str, Conversation] = {}
        self.messages: dict[str, Message] = {}
        self._threads: defaultdict[str, list[Message]] = defaultdict(list)
        self.grants: dict[str, Grant] = {}
        self.withdrawn: dict[str, Grant] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, LoginCode] = {}
        self.subscriptions: dict[str, AppSubscription] = {}
        self.flags: set[str] = set()
        self.faults: list[Fault] = []

    def now(self) -> int:
        """Unix seconds on the sandbox's clock."""
        return int(time.time()) + self.clock_offset

    def now_ms(self) -> int:
        return int(time.time() * 1000) + self.clock_offset * 1000

    def flagged(self, cause: str, subject: str = "app") -> bool:
        return f"{cause} {subject}" in self.flags

    def flag(self, cause: str, subject: str = "app", on: bool = True) -> None:
        change = self.flags.add if on else self.flags.discard
        change(f"{cause} {subject}")

    def count_down(self, met: list[Fault]) -> None:
        """Faults that were set for so many times end with the last of them."""
        for fault in met:
            if fault.remaining is not None:
                fault.remaining -= 1
        self.faults = [fault for fault in self.faults if fault.remaining is None or fault.remaining > 0]

    def page_of_instagram(self, instagram_id: str) -> Page | None:
        return next((page for page in self.pages.values() if page.instagram_id == instagram_id), None)

    def conversations_of(self, account_id: str) -> list[Conversation]:
        """Newest activity first, as Meta lists them."""
        own = [row for row in self.conversations.values() if row.account_id == account_id]
        return sorted(own, key=self.updated_ms, reverse=True)

    def messages_of(self, conversation_id: str) -> list[Message]:
        """Newest first; of two in one millisecond the later written one."""
        return self._threads.get(conversation_id, [])[::-1]

    def updated_ms(self, conversation: Conversation) -> int:
        thread = self._threads.get(conversation.id)
        return thread[-1].at_ms if thread else 0

    def keep_message(self, message: Message) -> None:
        """Add a message where it belongs in time."""
        self.messages[message.mid] = message
        bisect.insort(self._threads[message.conversation_id], message, key=lambda row: row.at_ms)

    def to_json(self) -> dict[str, Any]:
        """Plain lists of rows; `shape` tells a later version whether it can read them."""
        tables = {name: _rows(getattr(self, name).values()) for name in _TABLES}
        return {
            "shape": SHAPE,
            "clock_offset": self.clock_offset,
            "flags": sorted(self.flags),
            "faults": _rows(self.faults),
            **tables,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "State":
        """Rebuild. Raises ValueError when the data was written in another shape or is damaged."""
        if data.get("shape") != SHAPE:
            raise ValueError("written by another version")
        state = cls()
        try:
            for name, (row_type, key) in _TABLES.items():
                rows = [row_type(**row) for row in data[name]]
                setattr(state, name, {getattr(row, key): row for row in rows})
            for message in list(state.messages.values()):
                state.keep_message(message)
            state.clock_offset = int(data["clock_offset"])
            state.flags = set(data["flags"])
            state.faults = [Fault(**row) for row in data["faults"]]
        except (KeyError, TypeError) as error:
            raise ValueError(f"damaged: {error}") from error
        return state


_TABLES: dict[str, tuple[Any, str]] = {
    "people": (model.Person, "id"),
    "pages": (model.Page, "id"),
    "instagram": (model.InstagramAccount, "id"),
    "businesses": (model.Business, "id"),
    "customers": (model.Customer, "id"),
    "conversations": (model.Conversation, "id"),
    "messages": (model.Message, "mid"),
    "grants": (model.Grant, "person_id"),
    "withdrawn": (model.Grant, "person_id"),
    "tokens": (model.Token, "value"),
    "codes": (model.LoginCode, "value"),
    "subscriptions": (model.AppSubscription, "object"),
}


def _rows(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(row) for row in rows]
