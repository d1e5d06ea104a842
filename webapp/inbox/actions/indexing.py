"""The search's index catches up with what was written. Until it has, the search looks at the waiting texts itself."""

from collections.abc import Sequence

from sqlalchemy import Row, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from webapp.core import db
from webapp.inbox import documents
from webapp.inbox.models import SearchDue, SearchEntry

BATCH = 200
# PostgreSQL: two workers would only wait for each other, and the entries must stay in the order of their texts.
_LOCK = 0x5EA2C4
# SQLite: the greatest id there ever was. Whoever asks has the only right to write.
_LAST = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'search_entry'"


def index_due(batches: int = 50) -> int:
    """Index what waits, the oldest first; returns how many texts were looked at."""
    done = 0
    for _ in range(batches):
        if db.session().scalar(select(SearchDue.id).limit(1)) is None:
            break
        looked_at = _index_batch()
        done += looked_at
        if not looked_at:
            break
    return done


def _index_batch() -> int:
    with db.transaction() as session:
        if db.is_postgresql() and not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return 0
        due = _taken(session)
        messages = {row.message_id for row in due if row.message_id is not None}
        contacts = {row.contact_id for row in due if row.contact_id is not None}
        of_these = or_(SearchEntry.message_id.in_(messages), SearchEntry.contact_id.in_(contacts))
        session.execute(delete(SearchEntry).where(of_these), execution_options={"synchronize_session": False})
        _add(session, [*documents.of_contacts(session, contacts), *documents.of_messages(session, messages)])
    return len(due)


def _taken(session: Session) -> Sequence[Row[int | None, int | None]]:
    """A change that comes after this has a row of its own and is looked at again."""
    oldest = select(SearchDue.id).order_by(SearchDue.id).limit(BATCH).scalar_subquery()
    taken = delete(SearchDue).where(SearchDue.id.in_(oldest)).returning(SearchDue.message_id, SearchDue.contact_id)
    return session.execute(taken, execution_options={"synchronize_session": False}).all()


def _add(session: Session, found: Sequence[documents.Document]) -> None:
    if not found:
        return
    if db.is_postgresql():
        session.execute(insert(SearchEntry), [one.entry() | {"grams": list(one.numbers())} for one in found])
        return
    first = 1 + session.scalars(text(_LAST)).one()
    session.execute(insert(SearchEntry), [one.entry() | {"id": id} for id, one in enumerate(found, first)])
    session.execute(
        text("INSERT INTO search_gram (rowid, grams) VALUES (:id, :grams)"),
        [{"id": id, "grams": documents.words(one.numbers())} for id, one in enumerate(found, first)],
    )
