"""The search's index catches up with what was written. Until it has, the search looks at the waiting texts itself."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Delete, Row, Select, delete, func, select, text
from sqlalchemy.orm import Session

from webapp.core import bulk, db
from webapp.core.db import Model
from webapp.inbox import documents
from webapp.inbox.documents import Document
from webapp.inbox.models import SearchDue, SearchEntry

# Texts in one transaction: the more, the less each costs. On PostgreSQL nobody waits for it; on SQLite everybody who
# writes does, for some hundredths of a second.
AT_ONCE, AT_ONCE_ALONE = 2000, 500
# PostgreSQL: two workers would only wait for each other, and the entries must stay in the order of their texts.
_LOCK = 0x5EA2C4
# SQLite: the greatest id there ever was. Whoever asks has the only right to write.
_LAST = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'search_entry'"

Due = Sequence[Row[int, int | None, int | None]]
Numbers = frozenset[int]


def index_due() -> int:
    """Index what waits, the oldest first, until hardly anything does; returns how many texts were looked at."""
    done, past = 0, 0
    at_once = AT_ONCE if db.is_postgresql() else AT_ONCE_ALONE
    while db.session().execute(_next(past).limit(1)).first():
        due = _index(past, at_once)
        done += len(due)
        if len(due) < at_once:
            break
        past = due[-1].id
    return done


def _next(past: int) -> Select[int, int | None, int | None]:
    """What was taken before still lies in PostgreSQL's way: it begins past it."""
    query = select(SearchDue.id, SearchDue.message_id, SearchDue.contact_id)
    return query.where(SearchDue.id > past).order_by(SearchDue.id)


def _index(past: int, at_once: int) -> Due:
    oldest = _next(past).limit(at_once)
    # On SQLite everybody who writes waits for the transaction: what takes longest is done before it begins.
    ready = {} if db.is_postgresql() else _cut(_documents(db.session(), db.session().execute(oldest).all()), {})
    with db.transaction() as session:
        if db.is_postgresql() and not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return ()
        due = session.execute(oldest).all()
        # A change that comes after this has a row of its own and is looked at again.
        _delete(session, SearchDue, "id", {row.id for row in due})
        for name in ("contact_id", "message_id"):
            _delete(session, SearchEntry, name, _named(due, name))
        _add(session, _cut(_documents(session, due), ready))
    return due


def _named(due: Due, name: str) -> set[int]:
    return {getattr(row, name) for row in due} - {None}


def _documents(session: Session, due: Due) -> list[Document]:
    people, messages = _named(due, "contact_id"), _named(due, "message_id")
    return documents.of_contacts(session, people) + documents.of_messages(session, messages)


def _cut(found: Sequence[Document], ready: Mapping[Document, Numbers]) -> dict[Document, Numbers]:
    """Their grams, of some of which they are known."""
    return {one: ready[one] if one in ready else one.numbers() for one in found}


def _delete(session: Session, model: type[Model], name: str, values: Collection[int]) -> None:
    if values:
        session.connection().execute(_deleted(model, name), bulk.parameters([{name: one} for one in values]))


@bulk.once
def _deleted(model: type[Model], name: str) -> Delete:
    table, given = bulk.table_of(model), bulk.Given(model, name)
    return delete(table).where(table.c[name].in_(select(given.c[name])))


def _add(session: Session, cut: Mapping[Document, Numbers]) -> None:
    if db.is_postgresql():
        bulk.add(session, SearchEntry, [one.entry() | {"grams": list(numbers)} for one, numbers in cut.items()])
    elif cut:
        first = 1 + session.scalars(text(_LAST)).one()
        bulk.add(session, SearchEntry, [one.entry() | {"id": id} for id, one in enumerate(cut, first)])
        words = [(id, documents.words(numbers)) for id, numbers in enumerate(cut.values(), first)]
        session.connection().exec_driver_sql("INSERT INTO search_gram (rowid, grams) VALUES (?, ?)", words)
