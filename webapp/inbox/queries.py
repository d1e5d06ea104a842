"""Reads of the room. The first argument is the member: what an agent sees is less than what the workspace has."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import selectinload
from sqlalchemy.sql.elements import Tuple

from webapp.accounts.models import Membership
from webapp.accounts.rules import Right, may
from webapp.channels.models import Channel
from webapp.core import db
from webapp.core.db import UtcDateTime
from webapp.inbox.filters import Filters, Place
from webapp.inbox.models import Conversation, Message, State

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, newest first. `older` is where the next page begins, None on the last."""

    rows: Sequence[Conversation]
    older: Place | None
    version: str


def page(member: Membership, filters: Filters, today: date) -> Page:
    found = list(
        db.session().scalars(
            _wanted(member, filters, select(Conversation))
            .options(selectinload(Conversation.channel))
            .execution_options(populate_existing=True)
        )
    )
    rows = found[:PER_PAGE]
    older = Place(rows[-1].latest_at, rows[-1].id) if len(found) > PER_PAGE else None
    return Page(rows, older, _name([(row.id, row.revision) for row in rows], today))


def page_version(member: Membership, filters: Filters, today: date) -> str:
    """A short name of what `page` shows; the same name means that there is nothing new."""
    rows = db.session().execute(_wanted(member, filters, select(Conversation.id, Conversation.revision)))
    return _name([(row.id, row.revision) for row in rows][:PER_PAGE], today)


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


def unread(member: Membership) -> int:
    """How many conversations this member has not read."""
    counted = select(func.count()).select_from(Conversation).where(*_visible(member), Conversation.unread > 0)
    return db.session().scalar(counted) or 0


def _wanted(member: Membership, filters: Filters, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    query = query.where(*_visible(member))
    if filters.state is not None:
        query = query.where(Conversation.state == filters.state)
    if filters.channel_id is not None:
        query = query.where(Conversation.channel_id == filters.channel_id)
    if filters.before is not None:
        query = query.where(_place() < tuple_(literal(filters.before.at, UtcDateTime), filters.before.id))
    return query.order_by(Conversation.latest_at.desc(), Conversation.id.desc()).limit(PER_PAGE + 1)


def _visible(member: Membership) -> list[ColumnElement[bool]]:
    here = Conversation.workspace_id == member.workspace_id
    if may(member.role, Right.ALL_CONVERSATIONS):
        return [here]
    return [here, or_(Conversation.state == State.OPEN, Conversation.assignee_id == member.person_id)]


def _place() -> Tuple:
    return tuple_(Conversation.latest_at, Conversation.id)


def _name(rows: Sequence[tuple[int, int]], today: date) -> str:
    # The day is part of it: at midnight "14:05" becomes "yesterday".
    return hashlib.sha256(repr((today, rows)).encode()).hexdigest()[:16]
