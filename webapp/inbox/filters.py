"""Which conversations a list shows, as its address says it. What makes no sense in an address is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from webapp.inbox.grams import LONGEST_QUERY
from webapp.inbox.models import State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation's place in the list, by the time that orders it and its id."""

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


class Order(StrEnum):
    NEWEST = "newest"
    WAITING = "waiting"


# Besides the states themselves: of those in progress one's own, and the others'.
STATES = (*State, "mine", "team")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list shows. `state` None: all. `before` and `newer` are where a page begins and where it ends, both None
    on the first. `query` is what is searched for; then `part` "people" shows customers only, and `past` is the entry of
    the index after which to go on.
    """

    state: str | None = None
    channel_id: int | None = None
    tag_id: int | None = None
    unread: bool = False
    order: Order = Order.NEWEST
    query: str = ""
    before: Place | None = None
    newer: Place | None = None
    part: str | None = None
    past: int | None = None

    @classmethod
    def parse(cls, args: Mapping[str, str]) -> "Filters":
        state = args.get("state", "")
        return cls(
            state=state if state in STATES else None,
            channel_id=_number(args.get("channel", "")),
            tag_id=_number(args.get("tag", "")),
            unread=args.get("unread") == "1",
            order=Order.WAITING if args.get("order") == Order.WAITING else Order.NEWEST,
            query=args.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY],
            before=Place.parse(args.get("before", "")),
            newer=Place.parse(args.get("newer", "")),
            part="people" if args.get("part") == "people" else None,
            past=_number(args.get("past", ""), 18),
        )

    def args(self) -> dict[str, Any]:
        """For addresses that lead to the same list."""
        named = {
            "state": self.state,
            "channel": self.channel_id,
            "tag": self.tag_id,
            "unread": 1 if self.unread else None,
            "order": self.order if self.order != Order.NEWEST else None,
            "q": self.query or None,
            "before": self.before,
            "newer": self.newer,
            "part": self.part,
            "past": self.past,
        }
        return {name: str(value) for name, value in named.items() if value is not None}

    @property
    def is_first_page(self) -> bool:
        return self.before is None and self.newer is None

    @property
    def is_narrow(self) -> bool:
        """Whether an empty list may be due to what was chosen."""
        return bool(self.state or self.channel_id or self.tag_id or self.unread or self.query) or not self.is_first_page

    def having(self, **changes: Any) -> "Filters":
        """The same with something else, from the first page on."""
        return replace(self, **({"before": None, "newer": None, "part": None, "past": None} | changes))


def _number(text: str, digits: int = 9) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
