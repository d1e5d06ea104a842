"""Reads of the room. The first argument is the member: what an agent sees is less than what the workspace has."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from webapp.accounts.models import Membership, Person
from webapp.accounts.queries import how_many_with, members_with
from webapp.accounts.rules import Right, may
from webapp.channels.models import Channel
from webapp.core import db
from webapp.inbox import listing
from webapp.inbox.filters import Filters, Order, Place
from webapp.inbox.models import TAGGING, Contact, Conversation, Message, State, Tag

PER_PAGE = 30
# A menu's number says "99+" beyond this; counting on would cost more and say nothing.
COUNTED = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list. `older` and `newer` are where its neighbours begin and end, None where there is none.
    `is_live`: nothing can come before it, so it may follow what happens."""

    rows: Sequence[Conversation]
    older: Place | None
    newer: Place | None
    version: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many conversations a member has not read, up to COUNTED; since when the customer waits who has waited longest
    for an answer; whether anybody ever wrote to the workspace; and how many there answer.
    """

    unread: int
    waiting_since: datetime | None
    has_any: bool
    answering: int


def page(member: Membership, filters: Filters, today: date) -> Page:
    chosen = listing.rows(member, filters, PER_PAGE + 1)
    found = list(
        db.session().scalars(
            select(Conversation)
            .join(chosen, chosen.c.id == Conversation.id)
            .order_by(*listing.order(filters, chosen))
            .options(selectinload(Conversation.channel), joinedload(Conversation.contact).selectinload(Contact.tags))
            .execution_options(populate_existing=True)
        )
    )
    if filters.newer is not None:
        if len(found) <= PER_PAGE:
            return page(member, filters.having(), today)
        found.reverse()
    return _page(found, filters, today)


def _page(found: list[Conversation], filters: Filters, today: date) -> Page:
    backwards, more = filters.newer is not None, len(found) > PER_PAGE
    rows = found[-PER_PAGE:] if backwards else found[:PER_PAGE]
    return Page(
        rows,
        older=listing.place(filters, rows[-1]) if rows and (more or backwards) else None,
        newer=listing.place(filters, rows[0]) if rows and not filters.is_first_page else None,
        version=_name([(row.id, row.revision) for row in rows], today),
        is_live=filters.is_first_page,
    )


def page_version(member: Membership, filters: Filters, today: date) -> str:
    """A short name of what the first `page` shows; the same name means that there is nothing new."""
    chosen = listing.rows(member, filters, PER_PAGE)
    rows = db.session().execute(select(chosen.c.id, chosen.c.revision).order_by(*listing.order(filters, chosen)))
    return _name([(row.id, row.revision) for row in rows], today)


def conversation(member: Membership, conversation_id: int) -> Conversation | None:
    """A conversation of the workspace, whether or not this member may see it."""
    return db.session().scalar(
        select(Conversation)
        .where(Conversation.workspace_id == member.workspace_id, Conversation.id == conversation_id)
        .execution_options(populate_existing=True)
    )


def may_see(member: Membership, found: Conversation) -> bool:
    """Agents see what is open, and what is theirs."""
    if may(member.role, Right.ALL_CONVERSATIONS):
        return True
    return found.state == State.OPEN or found.assignee_id == member.person_id


def reads(member: Membership, found: Conversation) -> bool:
    """Whether it counts as read when this member looks: what a colleague works on stays unread until they look."""
    return found.state != State.IN_PROGRESS or found.assignee_id in (None, member.person_id)


def colleagues(member: Membership, found: Conversation) -> list[Person]:
    """To whom a conversation can be handed over."""
    everybody = members_with(member.workspace, Right.OWN_CONVERSATIONS)
    busy = found.assignee_id if found.state == State.IN_PROGRESS else None
    return sorted(
        (one.person for one in everybody if one.person_id not in (member.person_id, busy)), key=lambda one: one.name
    )


def has_message(found: Conversation, message_id: int) -> bool:
    wanted = select(Message.id).where(Message.conversation_id == found.id, Message.id == message_id)
    return db.session().scalar(wanted) is not None


def channels(member: Membership) -> list[Channel]:
    """Channels to choose from, including the disconnected: their conversations stay."""
    return list(
        db.session().scalars(
            select(Channel).where(Channel.workspace_id == member.workspace_id).order_by(Channel.name, Channel.id)
        )
    )


def traffic(member: Membership) -> Traffic:
    """In one question, which the overview asks again and again."""
    unread = select(Conversation.id).where(*listing.visible(member), listing.UNREAD).limit(COUNTED).subquery()
    first = listing.rows(member, Filters(order=Order.WAITING), 1)
    found = db.session().execute(
        select(
            select(func.count()).select_from(unread).scalar_subquery(),
            select(first.c.at).scalar_subquery(),
            exists().where(Conversation.workspace_id == member.workspace_id),
            how_many_with(member.workspace, Right.OWN_CONVERSATIONS),
        )
    )
    return Traffic(*found.one())


def tags(member: Membership) -> list[Tag]:
    return list(db.session().scalars(select(Tag).where(Tag.workspace_id == member.workspace_id).order_by(Tag.key)))


def tag(member: Membership, tag_id: int) -> Tag | None:
    return db.session().scalar(select(Tag).where(Tag.workspace_id == member.workspace_id, Tag.id == tag_id))


def tag_sizes(member: Membership, tag_id: int | None = None) -> dict[int, int]:
    """In how many conversations a tag is seen, by its id; those without one are not in it."""
    wanted = (
        select(TAGGING.c.tag_id, func.count())
        .join(Conversation, Conversation.contact_id == TAGGING.c.contact_id)
        .where(Conversation.workspace_id == member.workspace_id)
        .group_by(TAGGING.c.tag_id)
    )
    if tag_id is not None:
        wanted = wanted.where(TAGGING.c.tag_id == tag_id)
    return {row.tag_id: row[1] for row in db.session().execute(wanted)}


def _name(rows: Sequence[tuple[int, int]], today: date) -> str:
    # The day is part of it: at midnight "14:05" becomes "yesterday".
    return hashlib.sha256(repr((today, rows)).encode()).hexdigest()[:16]
