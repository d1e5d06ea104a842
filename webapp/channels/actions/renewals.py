"""User tokens are renewed before they end: exchanged for fresh ones while they still live, and nobody notices."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from webapp.channels.actions.ends import redraw
from webapp.channels.expiry import RENEW_AHEAD
from webapp.channels.models import Channel, Grant
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Meta, TokenState, UserToken

log = logging.getLogger("webapp.channels")

AT_A_TIME = 20
# An exchange takes seconds; one whose process died is tried again after this.
LEASE = timedelta(minutes=5)
# What was refused now is mostly refused in an hour too, and there is a week before anybody must know.
AGAIN = timedelta(hours=12)


def renew_due(*, meta: Meta, now: datetime) -> int:
    """Renew the tokens that end within two weeks, the nearest end first; returns how many were renewed.

    A refusal marks nothing: whether a channel works is for its check to say, and the end is shown a week ahead.
    """
    return sum(_renew(grant_id, meta, now) for grant_id in _book(now))


def _due(now: datetime) -> ColumnElement[bool]:
    used = exists().where(Channel.grant_id == Grant.id, Channel.status != Status.DISCONNECTED)
    ends_soon = and_(Grant.expires_at > now, Grant.expires_at <= now + RENEW_AHEAD)
    return and_(ends_soon, or_(Grant.renew_at.is_(None), Grant.renew_at <= now), used)


def _book(now: datetime) -> Sequence[int]:
    """Take grants that are due: nobody else does until the lease ends."""
    first = (
        select(Grant.id)
        .where(_due(now))
        .order_by(Grant.expires_at, Grant.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    with db.transaction() as session:
        taken = session.scalars(
            update(Grant).where(Grant.id.in_(select(first.c.id))).values(renew_at=now + LEASE).returning(Grant.id),
            execution_options={"synchronize_session": False},
        )
        return sorted(taken)


def _renew(grant_id: int, meta: Meta, now: datetime) -> bool:
    grant = db.session().get(Grant, grant_id, populate_existing=True)
    # A grant of the same user in another workspace may just have brought the fresh token.
    if grant is None or grant.expires_at is None or grant.expires_at > now + RENEW_AHEAD:
        return False
    user_id, old = grant.facebook_user_id, grant.user_token
    db.leave()
    try:
        fresh = meta.renew_token(old)
        state = meta.inspect_token(fresh.secret)
    except GraphError as error:
        log.info("the token of grant %s was not renewed: %s", grant_id, error)
        _postpone(grant_id, now)
        return False
    return _record(user_id, grant_id, old, fresh, state, now)


def _postpone(grant_id: int, now: datetime) -> None:
    with db.transaction() as session:
        session.execute(update(Grant).where(Grant.id == grant_id).values(renew_at=now + AGAIN))


def _record(user_id: str, grant_id: int, old: Secret, fresh: UserToken, state: TokenState, now: datetime) -> bool:
    """Give the fresh token to the user's grants in every workspace, unless a new login was faster."""
    with db.transaction() as session:
        grants = _locked(session, user_id)
        if not any(one.id == grant_id and one.user_token == old for one in grants) or not state.is_valid:
            return False
        for one in grants:
            one.user_token, one.expires_at = fresh.secret, fresh.expires_at
            one.data_access_expires_at = state.data_access_expires_at or one.data_access_expires_at
            one.renew_at = now + AGAIN
        renewed = [one.id for one in grants]
    # They may have shown that the end is near.
    redraw(renewed)
    return True


def _locked(session: Session, user_id: str) -> list[Grant]:
    wanted = select(Grant).where(Grant.facebook_user_id == user_id).order_by(Grant.id).with_for_update()
    return list(session.scalars(wanted.execution_options(populate_existing=True)))
