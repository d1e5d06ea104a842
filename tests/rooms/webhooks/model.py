"""What must be true of an inbox, as a model too simple to be wrong, and courses of events that compare the two.

Customers write, edit, take back and react; Meta brings each of it one to five times, in any order and any portions;
colleagues read now and then. `python -m bench.order` goes on for long, with several workers at once.
"""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import select

from tests.rooms.webhooks.stored import store
from tests.rooms.webhooks.wire import ACCOUNT, AT, delivery, entry, event
from webapp.core import db
from webapp.inbox.models import Conversation, Message

Json = dict[str, Any]
CUSTOMERS = range(3)
OFTEN = 5
courses = itertools.count(1)


def truth(told: Iterable[Json]) -> list[tuple[str, str, str]]:
    """A thread, oldest first, from everything that was heard of it: text, reaction, whose."""
    ordered = sorted(told, key=lambda one: int(one["timestamp"]))
    said = [one["message"] for one in ordered if "text" in one.get("message", {})]
    gone = {one["message"]["mid"] for one in ordered if one.get("message", {}).get("is_deleted")}
    edits = {one["message_edit"]["mid"]: one["message_edit"]["text"] for one in ordered if "message_edit" in one}
    reactions = {one["reaction"]["mid"]: one["reaction"].get("emoji", "") for one in ordered if "reaction" in one}
    thread = []
    for message in said:
        mid, whose = message["mid"], "ours" if message.get("is_echo") else "theirs"
        text, emoji = edits.get(mid, message["text"]), reactions.get(mid, "")
        thread.append(("", "", whose) if mid in gone else (text, emoji, whose))
    return thread


class Course:
    """Some customers from their first message on. `drain` handles all that is stored. A seed is always one course."""

    def __init__(self, seed: int, drain: Callable[[], None]) -> None:
        self.name = f"{next(courses)}/{seed}"
        self.random = random.Random(seed)
        self.drain = drain
        self.clock = AT
        self.written: list[tuple[int, str]] = []
        # What happened, by number; how often Meta has brought it; what was handled.
        self.events: list[tuple[int, Json]] = []
        self.brought: Counter[int] = Counter()
        self.handled: set[int] = set()
        self.unread: Counter[int] = Counter()

    def run(self, steps: int) -> None:
        """Raises AssertionError where the inbox and the model part."""
        acts = [self.write] * 4 + [self.edit, self.react, self.react, self.take_back, self.read] + [self.bring] * 3
        for _ in range(steps):
            self.random.choice(acts)()
        self.bring(everything=True)

    def write(self) -> None:
        customer, ours = self.random.choice(CUSTOMERS), self.random.random() < 0.3
        mid = f"{self.name}-{len(self.events)}"
        self.written.append((customer, mid))
        self._happens(customer, ours, message={"mid": mid, "text": mid} | ({"is_echo": True} if ours else {}))

    def edit(self) -> None:
        self._about(lambda mid: {"message_edit": {"mid": mid, "text": f"edited {len(self.events)}"}})

    def react(self) -> None:
        emoji = self.random.choice(("❤️", "😀", ""))
        told = {"action": "react", "emoji": emoji} if emoji else {"action": "unreact"}
        self._about(lambda mid: {"reaction": {"mid": mid} | told})

    def take_back(self) -> None:
        self._about(lambda mid: {"message": {"mid": mid, "is_deleted": True}})

    def bring(self, *, everything: bool = False) -> None:
        """Some of what happened, also what was brought before, in any order, in deliveries of so many; then look."""
        may = [number for number in range(len(self.events)) if self.brought[number] < OFTEN]
        some = [one for one in may if self.random.random() < 0.4 or (everything and not self.brought[one])]
        told = [one for one in some for _ in range(self.random.randint(1, min(2, OFTEN - self.brought[one])))]
        self.random.shuffle(told)
        self.brought.update(told)
        most = self.random.choice((1, 2, 5, 1000))
        for start in range(0, len(told), most):
            store(delivery(*(entry(self.events[number][1]) for number in told[start : start + most])))
        self.drain()
        self._note(set(told) - self.handled)
        self.compare()

    def read(self) -> None:
        """A colleague opens a conversation."""
        customer = self.random.choice(CUSTOMERS)
        with db.transaction() as session:
            found = session.scalar(self._of(customer).with_for_update(of=Conversation))
            if found is not None:
                found.is_read()
                self.unread[customer] = 0

    def compare(self) -> None:
        db.leave()
        for customer in CUSTOMERS:
            expected = truth(
                one for number in self.handled for whose, one in [self.events[number]] if whose == customer
            )
            found = db.session().scalar(self._of(customer).execution_options(populate_existing=True))
            assert (found is None) == (not expected), self.name
            if found is not None:
                assert _thread(found) == expected, self.name
                assert found.unread == self.unread[customer], self.name
                assert (found.latest_text, found.latest_is_ours) == (expected[-1][0], expected[-1][2] == "ours")
        db.leave()

    def _about(self, what: Callable[[str], Json]) -> None:
        if self.written:
            customer, mid = self.random.choice(self.written)
            self._happens(customer, False, **what(mid))

    def _happens(self, customer: int, ours: bool, **what: Any) -> None:
        self.clock += 1000
        theirs, own = {"id": self._contact(customer)}, {"id": ACCOUNT}
        ends = {"sender": own, "recipient": theirs} if ours else {"sender": theirs, "recipient": own}
        self.events.append((customer, event(**what) | ends | {"timestamp": self.clock}))

    def _note(self, numbers: set[int]) -> None:
        self.handled |= numbers
        for customer, one in (self.events[number] for number in numbers):
            self.unread[customer] += "text" in one.get("message", {}) and not one["message"].get("is_echo")

    def _contact(self, customer: int) -> str:
        return f"{self.name}-{customer}"

    def _of(self, customer: int) -> Any:
        return select(Conversation).where(Conversation.contact.has(external_id=self._contact(customer)))


def _thread(conversation: Conversation) -> list[tuple[str, str, str]]:
    rows = db.session().scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .order_by(Message.at, Message.id)
        .execution_options(populate_existing=True)
    )
    return [(one.text, one.reaction, "ours" if one.is_ours else "theirs") for one in rows]
