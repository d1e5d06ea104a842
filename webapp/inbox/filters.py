"""Which conversations a list shows, as its address says it. What makes no sense in an address is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.inbox.models import State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list, newest first, a page begins: after the conversation with this time and id."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        micros, dash, number = text.partition("-")
        if not (dash and micros.isascii() and micros.isdigit() and number.isascii() and number.isdigit()):
            return None
        if len(micros) > 17 or len(number) > 18:
            return None
        return cls(_EPOCH + int(micros) * _MICROSECOND, int(number))


@dataclass(frozen=True, slots=True)
class Filters:
    """`state` None: all states. `before` None: from the newest."""

    state: str | None = None
    channel_id: int | None = None
    before: Place | None = None

    @classmethod
    def parse(cls, args: Mapping[str, str]) -> "Filters":
        state, channel_id = args.get("state", ""), args.get("channel", "")
        return cls(
            state if state in tuple(State) else None,
            int(channel_id) if channel_id.isascii() and channel_id.isdigit() and len(channel_id) < 10 else None,
            Place.parse(args.get("before", "")),
        )

    def args(self) -> dict[str, Any]:
        """For addresses that lead to the same list."""
        named = {"state": self.state, "channel": self.channel_id, "before": self.before}
        return {name: str(value) for name, value in named.items() if value is not None}

    def only(self, state: str | None) -> "Filters":
        return replace(self, state=state, before=None)

    def of_channel(self, channel_id: int | None) -> "Filters":
        return replace(self, channel_id=channel_id, before=None)

    def from_place(self, before: Place | None) -> "Filters":
        return replace(self, before=before)
