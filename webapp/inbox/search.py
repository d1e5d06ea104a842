"""Finding conversations by what was written in them, and by who writes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, bindparam, select, text
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from webapp.accounts.models import Membership
from webapp.core import db
from webapp.inbox import documents, listing
from webapp.inbox.documents import Part
from webapp.inbox.filters import Filters
from webapp.inbox.grams import Wanted
from webapp.inbox.models import Contact, Conversation, Message, SearchDue, SearchEntry

PER_PAGE = 30
# On the first page, above the messages; all of them have a list of their own.
FIRST_PEOPLE = 5
# Proposals of the index that are looked at for one page, in portions; after that the person decides whether to go on.
PORTIONS = (60, 300, 700, 1500)
# Texts that are not in the index yet and are looked at one by one.
WAITING = 300
BEFORE_FIND = 24
# Above every entry.
TOP = 10**17

Pieces = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that was found, by a message or (None) by its customer. `label` and `snippet` in pieces, each
    with whether it is what was looked for; `field` is where the snippet is from: see `documents.fields`."""

    conversation: Conversation
    message: Message | None
    label: Pieces
    snippet: Pieces
    field: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """`past` is where the list goes on, None at its end; `more_people`: not all customers are shown."""

    people: Sequence[Hit] = ()
    messages: Sequence[Hit] = ()
    past: int | None = None
    more_people: bool = False


def find(member: Membership, filters: Filters) -> Found:
    wanted = Wanted.parse(filters.query)
    if not wanted.terms:
        return Found()
    search = _Search(member, filters, wanted)
    if filters.part == "people":
        people, past = search.part("people", PER_PAGE)
        return Found(people=people, past=past)
    people, more = search.part("people", FIRST_PEOPLE) if filters.past is None else ([], None)
    messages, past = search.part("messages", PER_PAGE)
    return Found(people, messages, past, more is not None)


@dataclass(frozen=True, slots=True)
class _Search:
    member: Membership
    filters: Filters
    wanted: Wanted

    def part(self, part: Part, most: int) -> tuple[list[Hit], int | None]:
        """The newest finds, one a conversation, and where to go on. Ends when the page is full, when there are no more
        proposals, or when it has looked at enough of them."""
        hits: dict[int, Hit] = {}
        for entry_id, hit in self._proposed(part):
            if hit is None:
                return list(hits.values()), entry_id
            if len(hits) == most and hit.conversation.id not in hits:
                return list(hits.values()), min(entry_id + 1, TOP)
            hits.setdefault(hit.conversation.id, hit)
        return list(hits.values()), None

    def _proposed(self, part: Part) -> Iterator[tuple[int, Hit | None]]:
        """Hits with their entry, the newest first. None: enough was looked at, there is more after this entry."""
        past = self.filters.past
        if past is None:
            for hit in self._checked(self._waiting(part)):
                yield TOP, hit
        for portion in PORTIONS:
            entries = self._entries(part, past, portion)
            loaded = self._loaded(part, entries)
            for entry_id in entries:
                for hit in self._checked([loaded[entry_id]] if entry_id in loaded else []):
                    yield entry_id, hit
            if len(entries) < portion:
                return
            past = entries[-1]
        yield entries[-1], None

    def _entries(self, part: Part, past: int | None, most: int) -> list[int]:
        """What the index proposes: ids of entries, the greatest first."""
        numbers = self.wanted.numbers(documents.space(self.member.workspace_id, part))
        if db.is_postgresql():
            query = select(SearchEntry.id).where(SearchEntry.grams.contains(list(numbers)))
            query = query.where(SearchEntry.contact_id.is_not(None)) if part == "people" else query
            query = query.where(SearchEntry.id < past) if past is not None else query
            return list(db.session().scalars(query.order_by(SearchEntry.id.desc()).limit(most)))
        match = " AND ".join(f'"{word}"' for word in documents.words(numbers).split())
        return list(db.session().scalars(_FTS, {"match": match, "past": past or TOP, "most": most}))

    def _loaded(self, part: Part, entries: Sequence[int]) -> dict[int, Any]:
        """Those that are there, that may be seen and that the filters let through."""
        if not entries:
            return {}
        query = self._rows(part).where(SearchEntry.id.in_(entries)).add_columns(SearchEntry.id)
        own = SearchEntry.message_id == Message.id if part == "messages" else SearchEntry.contact_id == Contact.id
        rows = db.session().execute(query.join(SearchEntry, own)).all()
        return {row[-1]: row for row in rows}

    def _waiting(self, part: Part) -> list[Any]:
        is_message = part == "messages"
        own, due = (SearchDue.message_id, Message.id) if is_message else (SearchDue.contact_id, Contact.id)
        newest = select(SearchDue.id.label("due"), own.label("of")).where(own.is_not(None))
        waiting = newest.order_by(SearchDue.id.desc()).limit(WAITING).subquery()
        query = self._rows(part).join(waiting, waiting.c.of == due).order_by(waiting.c.due.desc())
        return list(db.session().execute(query).all())

    def _rows(self, part: Part) -> Any:
        """Conversations with the message or (None) the customer to look at."""
        only = listing.condition(self.member, self.filters)
        query: Any
        if part == "messages":
            query = select(Conversation, Message).join(Message, Message.conversation_id == Conversation.id)
            query = query.options(joinedload(Conversation.contact))
        else:
            query = select(Conversation, Contact).join(Contact, Contact.id == Conversation.contact_id)
            query = query.options(contains_eager(Conversation.contact), selectinload(Contact.tags))
        return query.where(only).execution_options(populate_existing=True)

    def _checked(self, rows: Sequence[Any]) -> Iterator[Hit]:
        """The index only proposes; what counts is the text as it is now."""
        for row in rows:
            conversation, found = row[0], row[1]
            hit = self._in_message(conversation, found) if isinstance(found, Message) else self._in_card(conversation)
            if hit is not None:
                yield hit

    def _in_message(self, conversation: Conversation, message: Message) -> Hit | None:
        if not self.wanted.finds(message.text):
            return None
        label = [(conversation.contact.label, False)]
        return Hit(conversation, message, label, self.wanted.pieces(message.text, BEFORE_FIND), "message")

    def _in_card(self, conversation: Conversation) -> Hit | None:
        contact = conversation.contact
        fields = documents.fields(contact, [tag.name for tag in contact.tags])
        if not self.wanted.finds("\n".join(fields.values())):
            return None
        label = self.wanted.pieces(contact.label)
        shown = (name for name, value in fields.items() if value != contact.label and self.wanted.holds(value))
        field = next(shown, "")
        return Hit(conversation, None, label, self.wanted.pieces(fields.get(field, ""), BEFORE_FIND), field)


_FTS = (
    text(
        "SELECT rowid FROM search_gram WHERE search_gram MATCH :match AND rowid < :past ORDER BY rowid DESC LIMIT :most"
    )
    .columns(rowid=Integer)
    .bindparams(bindparam("match"), bindparam("past"), bindparam("most"))
)
