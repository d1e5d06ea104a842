"""Which conversations a list holds, in one walk along an index however many there are."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    exists,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from webapp.accounts.models import Membership
from webapp.accounts.rules import Right, may
from webapp.core import db
from webapp.core.db import UtcDateTime
from webapp.inbox.filters import Filters, Order, Place
from webapp.inbox.models import TAGGING, Conversation, State, Tag

Condition = ColumnElement[bool]

# Written out, not bound: SQLite uses an index on some rows only when it can read the condition.
UNREAD: Condition = Conversation.unread > literal_column("0")

# Up to so many tagged customers are looked up one by one; of more, enough are met on the way down the list.
FEW = 1000


def rows(member: Membership, filters: Filters, most: int) -> FromClause:
    """id, revision and ordering time (`at`) of the conversations of a page. An agent's list is several lists, each
    with an index of its own, put together."""
    branches = [_branch(condition, filters, most) for condition in _branches(member, filters.state)]
    here = [branch.where(*_everywhere(member, filters)).subquery() for branch in branches]
    together = union_all(*(select(one) for one in here)).subquery()
    return select(together).order_by(*order(filters, together)).limit(most).subquery("chosen")


def order(filters: Filters, chosen: FromClause) -> tuple[ColumnElement[Any], ...]:
    if _goes_up(filters):
        return chosen.c.at, chosen.c.id
    return chosen.c.at.desc(), chosen.c.id.desc()


def place(filters: Filters, row: Conversation) -> Place | None:
    at = row.waiting_since if filters.order is Order.WAITING else row.latest_at
    return Place(at, row.id) if at else None


def visible(member: Membership) -> list[Condition]:
    """What a member may see: agents what is open, and what is theirs."""
    here = Conversation.workspace_id == member.workspace_id
    if may(member.role, Right.ALL_CONVERSATIONS):
        return [here]
    return [here, or_(Conversation.state == State.OPEN, Conversation.assignee_id == member.person_id)]


def condition(member: Membership, filters: Filters) -> Condition:
    """What may be seen and what the filters ask for, of conversations that are known by their ids. Inside a CASE no
    database begins with one of these instead."""
    asked = and_(*visible(member), or_(*_branches(member, filters.state)), *_everywhere(member, filters))
    return case((asked, literal_column("1")), else_=literal_column("0")) == literal_column("1")


def _branch(condition: Condition, filters: Filters, most: int) -> Any:
    at = Conversation.waiting_since if filters.order is Order.WAITING else Conversation.latest_at
    query = select(Conversation.id, Conversation.revision, at.label("at")).where(condition)
    if filters.order is Order.WAITING:
        query = query.where(Conversation.waiting_since.is_not(None))
    goes_up, edge = _goes_up(filters), filters.newer or filters.before
    if edge is not None:
        here, there = tuple_(at, Conversation.id), tuple_(literal(edge.at, UtcDateTime), edge.id)
        query = query.where(here > there if goes_up else here < there)
    if goes_up:
        return query.order_by(at, Conversation.id).limit(most)
    return query.order_by(at.desc(), Conversation.id.desc()).limit(most)


def _goes_up(filters: Filters) -> bool:
    """From earlier to later times: who waits longest comes first, and a page that ends at a place is read upwards."""
    return (filters.order is Order.WAITING) != (filters.newer is not None)


def _branches(member: Membership, state: str | None) -> list[Condition]:
    """The parts of a list that an index holds in order; together they are what the state means for this member."""
    mine = Conversation.assignee_id == member.person_id
    in_progress = Conversation.state == State.IN_PROGRESS
    is_all = may(member.role, Right.ALL_CONVERSATIONS)
    if state is None and is_all:
        return [true()]
    if state is None:
        return [
            Conversation.state == State.OPEN,
            and_(mine, in_progress),
            and_(mine, Conversation.state == State.CLOSED),
        ]
    if state == "mine":
        return [and_(mine, in_progress)]
    if state == "team":
        others = or_(Conversation.assignee_id.is_(None), Conversation.assignee_id != member.person_id)
        return [and_(in_progress, others) if is_all else false()]
    one = Conversation.state == state
    return [one if is_all or state == State.OPEN else and_(mine, one)]


def _everywhere(member: Membership, filters: Filters) -> list[Condition]:
    found: list[Condition] = []
    if filters.channel_id is not None:
        found.append(Conversation.channel_id == filters.channel_id)
    if filters.unread:
        found.append(UNREAD)
    if filters.tag_id is not None:
        return [*found, *_tagged(member, filters.tag_id)]
    return [Conversation.workspace_id == member.workspace_id, *found]


def _tagged(member: Membership, tag_id: int) -> list[Condition]:
    """Few: only they are looked at, which the database would not choose by itself. Many: the list is walked down."""
    of_ours = TAGGING.join(Tag, and_(Tag.id == TAGGING.c.tag_id, Tag.workspace_id == member.workspace_id))
    tagged = select(TAGGING.c.contact_id).select_from(of_ours).where(TAGGING.c.tag_id == tag_id)
    few = list(db.session().scalars(tagged.limit(FEW + 1)))
    if len(few) <= FEW:
        return [Conversation.contact_id.in_(few)]
    has_it = exists().where(TAGGING.c.contact_id == Conversation.contact_id, TAGGING.c.tag_id == tag_id)
    return [Conversation.workspace_id == member.workspace_id, has_it]
