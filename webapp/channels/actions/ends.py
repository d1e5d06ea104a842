"""When a login's access to data ends, as of this hour: every check is told it beside the token's health."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, or_, select, update

from webapp.channels.actions.watched import Watched
from webapp.channels.models import Channel, Grant
from webapp.core import db
from webapp.meta.errors import GraphError
from webapp.meta.gateway import TokenState


@dataclass(frozen=True, slots=True)
class MovedEnd:
    """A login whose end is another than the one that stands written, as it was read."""

    grant_id: int
    was: datetime | None
    becomes: datetime


def moved_end(channel: Watched, told: TokenState | GraphError) -> MovedEnd | None:
    """What a Page's token tells of the person behind it; None where that is nothing new.

    Access to data is the person's, and told alike of all their tokens (debug_token, v25.0). `expires_at` is the Page
    token's own: it says nothing of the user's token, whose end is known since it was given. A Page that kept its
    token from an earlier login does not know of the newest.
    """
    if isinstance(told, GraphError) or not told.is_valid or channel.grant_id is None:
        return None
    ends = told.data_access_expires_at
    if ends is None or ends == channel.data_ends_at or told.user_id != channel.login_of:
        return None
    return MovedEnd(channel.grant_id, channel.data_ends_at, ends)


def move_ends(moved: Sequence[MovedEnd]) -> None:
    """Write them in one statement, unless a login or another check was faster; the earliest where Meta is at odds."""
    newest = {one.grant_id: one for one in sorted(moved, key=lambda one: one.becomes, reverse=True)}
    if not newest:
        return
    still = (
        and_(Grant.id == one.grant_id, Grant.data_access_expires_at.is_not_distinct_from(one.was))
        for one in newest.values()
    )
    with db.transaction() as session:
        theirs = select(Grant.id).where(or_(*still)).order_by(Grant.id).with_for_update().cte("theirs")
        becomes = case({one.grant_id: one.becomes for one in newest.values()}, value=Grant.id)
        written = session.scalars(
            update(Grant)
            .where(Grant.id.in_(select(theirs.c.id)))
            .values(data_access_expires_at=becomes)
            .returning(Grant.id),
            execution_options={"synchronize_session": False},
        ).all()
    redraw(written)


def redraw(grant_ids: Sequence[int]) -> None:
    """Rows on the screen show when their login ends. In a transaction of its own: whoever holds logins must not wait
    for channels, which are locked in one order.
    """
    with db.transaction() as session:
        shown = select(Channel.id).where(Channel.grant_id.in_(grant_ids)).order_by(Channel.id).with_for_update()
        session.execute(
            update(Channel)
            .where(Channel.id.in_(select(shown.cte("shown").c.id)))
            .values(revision=Channel.revision + 1),
            execution_options={"synchronize_session": False},
        )
