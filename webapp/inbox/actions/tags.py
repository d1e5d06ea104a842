"""A workspace's tags changed everywhere at once: renamed, put together, deleted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from webapp.accounts.actions import note
from webapp.accounts.models import Person, Workspace
from webapp.core import db
from webapp.inbox import grams
from webapp.inbox.actions.cards import TagTooLong
from webapp.inbox.models import TAGGING, Conversation, SearchDue, Tag
from webapp.inbox.rules import LONGEST_TAG, tidy

AT_ONCE = 500


class TagTaken(Exception):
    """Another tag has this name already: `other`. Nothing was changed."""

    def __init__(self, other: str) -> None:
        super().__init__()
        self.other = other


def rename_tag(workspace: Workspace, person: Person, tag_id: int, name: str, *, merge: str, now: datetime) -> None:
    """Give a tag another name on every customer. `merge`: the name of another tag that it may become one with, or "".

    Raises TagTaken, TagTooLong. Without a name, or when the tag has gone meanwhile, nothing happens.
    """
    name = " ".join(tidy(name).split())
    if len(name) > LONGEST_TAG:
        raise TagTooLong
    try:
        with db.transaction() as session:
            found, other = _locked(session, workspace, tag_id, name)
            if found is None or name in ("", found.name):
                return
            if other is not None and other.name != merge:
                raise TagTaken(other.name)
            note(session, workspace, person, "tag_renamed", f"{found.name} → {other.name if other else name}", now=now)
            worn_by = _conversations(session, tag_id)
            if other is not None:
                _join(session, found, other)
            else:
                _look_again(session, tag_id)
                found.name, found.key = name, grams.fold(name)
    except IntegrityError as error:
        # Somebody typed the same word as a new tag at the same moment.
        raise TagTaken(name) from error
    _touch(worn_by)


def delete_tag(workspace: Workspace, person: Person, tag_id: int, *, now: datetime) -> None:
    """Take a tag off every customer. They and their conversations stay."""
    with db.transaction() as session:
        found, _ = _locked(session, workspace, tag_id, "")
        if found is None:
            return
        note(session, workspace, person, "tag_deleted", found.name, now=now)
        worn_by = _conversations(session, tag_id)
        _drop(session, found)
    _touch(worn_by)


def _locked(session: Session, workspace: Workspace, tag_id: int, name: str) -> tuple[Tag | None, Tag | None]:
    """The tag, and another one that has this name. Nobody puts them on anybody until the commit."""
    key = grams.fold(name)
    wanted = select(Tag).where(Tag.workspace_id == workspace.id, (Tag.id == tag_id) | (Tag.key == key))
    rows = session.scalars(wanted.order_by(Tag.id).with_for_update().execution_options(populate_existing=True)).all()
    found = next((row for row in rows if row.id == tag_id), None)
    return found, next((row for row in rows if row.key == key and row.id != tag_id), None)


def _join(session: Session, found: Tag, other: Tag) -> None:
    theirs = aliased(TAGGING)
    has_both = exists().where(theirs.c.contact_id == TAGGING.c.contact_id, theirs.c.tag_id == other.id)
    missing = select(TAGGING.c.contact_id, literal(other.id)).where(TAGGING.c.tag_id == found.id, ~has_both)
    session.execute(insert(TAGGING).from_select(["contact_id", "tag_id"], missing))
    _drop(session, found)


def _drop(session: Session, found: Tag) -> None:
    """Taken off first: the search hears of each customer by it."""
    session.execute(delete(TAGGING).where(TAGGING.c.tag_id == found.id))
    session.execute(delete(Tag).where(Tag.id == found.id), execution_options={"synchronize_session": False})


def _look_again(session: Session, tag_id: int) -> None:
    """The search knows customers by the words of their tags too."""
    worn_by = select(TAGGING.c.contact_id).where(TAGGING.c.tag_id == tag_id).order_by(TAGGING.c.contact_id)
    session.execute(insert(SearchDue).from_select(["contact_id"], worn_by))


def _conversations(session: Session, tag_id: int) -> Sequence[int]:
    wearing = select(TAGGING.c.contact_id).where(TAGGING.c.tag_id == tag_id)
    return session.scalars(
        select(Conversation.id).where(Conversation.contact_id.in_(wearing)).order_by(Conversation.id)
    ).all()


def _touch(ids: Sequence[int]) -> None:
    """Lists and cards that are open show it. Whoever holds a conversation right now touches it anyway: nobody waits."""
    for start in range(0, len(ids), AT_ONCE):
        some = Conversation.id.in_(ids[start : start + AT_ONCE])
        with db.transaction() as session:
            free = select(Conversation.id).where(some).with_for_update(skip_locked=True)
            session.execute(
                update(Conversation).where(Conversation.id.in_(free)).values(revision=Conversation.revision + 1),
                execution_options={"synchronize_session": False},
            )
