"""What colleagues know of a customer: phone, e-mail, note and tags."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.models import Person
from webapp.core import db
from webapp.inbox import grams
from webapp.inbox.actions import locks
from webapp.inbox.models import TAGGING, Contact, Conversation, Tag
from webapp.inbox.rules import COLOURS, LONGEST_TAG, tidy


@dataclass(frozen=True, slots=True)
class Change:
    """A field of the card: what it was when the form was opened, and what it shall be."""

    was: str
    value: str


class ChangedMeanwhile(Exception):
    """Colleagues changed the same fields to something else; `theirs` is field → what it is now. Nothing was saved."""

    def __init__(self, theirs: Mapping[str, str]) -> None:
        super().__init__()
        self.theirs = theirs


class TagTooLong(Exception):
    """A tag is a word or two."""


def save_card(conversation_id: int, person: Person, changes: Mapping[str, Change], *, now: datetime) -> None:
    """Save what was changed, field by field: two people who change different fields do not meet."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        contact = _contact(session, conversation)
        wanted = {
            name: change for name, change in changes.items() if change.value not in (change.was, _now(contact, name))
        }
        theirs = {name: _now(contact, name) for name, change in wanted.items() if _now(contact, name) != change.was}
        if theirs:
            raise ChangedMeanwhile(theirs)
        for name, change in wanted.items():
            setattr(contact, name, change.value)
            conversation.notes(f"{name}_changed", person, now=now)


def tag(conversation_id: int, person: Person, name: str, *, now: datetime) -> None:
    """Put a tag on the customer; a word that the workspace does not have yet becomes one of its tags."""
    name = " ".join(tidy(name).split())
    if not name:
        return
    if len(name) > LONGEST_TAG:
        raise TagTooLong
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        found = _tag_named(session, conversation.workspace_id, name)
        if _put_on(session, conversation.contact_id, found.id):
            conversation.notes("tagged", person, now=now, subject=found.name)


def untag(conversation_id: int, person: Person, tag_id: int, *, now: datetime) -> None:
    """Take a tag off. One that nobody wears any more is gone."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        found = session.get(Tag, tag_id)
        here = (TAGGING.c.contact_id == conversation.contact_id, TAGGING.c.tag_id == tag_id)
        if found is None or not session.execute(delete(TAGGING).where(*here).returning(TAGGING.c.tag_id)).all():
            return
        conversation.notes("untagged", person, now=now, subject=found.name)
        worn = exists().where(TAGGING.c.tag_id == tag_id)
        session.execute(delete(Tag).where(Tag.id == tag_id, ~worn), execution_options={"synchronize_session": False})


def paint(conversation_id: int, tag_id: int, colour: str) -> None:
    """Give a tag one of the colours, or none; it looks so everywhere."""
    with db.transaction() as session:
        conversation = locks.conversation(session, conversation_id)
        of_ours = (Tag.id == tag_id, Tag.workspace_id == conversation.workspace_id)
        found = session.scalar(select(Tag).where(*of_ours))
        if found is not None and colour in ("", *COLOURS):
            found.colour = colour
            conversation.touch()


def _contact(session: Session, conversation: Conversation) -> Contact:
    return session.get_one(Contact, conversation.contact_id, populate_existing=True)


def _now(contact: Contact, name: str) -> str:
    return str(getattr(contact, name))


def _tag_named(session: Session, workspace_id: int, name: str) -> Tag:
    """Two people who type the same new word at once share one tag."""
    key = grams.fold(name)
    making = (postgresql.insert if db.is_postgresql() else sqlite.insert)(Tag)
    row = {"workspace_id": workspace_id, "name": name, "key": key, "colour": ""}
    session.execute(making.values(row).on_conflict_do_nothing(index_elements=[Tag.workspace_id, Tag.key]))
    # Locked, so that it is not swept away as unworn between here and the commit.
    wanted = select(Tag).where(Tag.workspace_id == workspace_id, Tag.key == key).with_for_update(key_share=True)
    return session.scalars(wanted).one()


def _put_on(session: Session, contact_id: int, tag_id: int) -> bool:
    here = (TAGGING.c.contact_id == contact_id, TAGGING.c.tag_id == tag_id)
    if session.scalar(select(TAGGING.c.tag_id).where(*here)) is not None:
        return False
    session.execute(insert(TAGGING).values(contact_id=contact_id, tag_id=tag_id))
    return True
