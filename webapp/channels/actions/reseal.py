"""Rotating the keys: seal every stored token anew with the first key of TOKEN_KEYS."""

import logging
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from webapp.channels.models import Channel, Grant, PendingGrant
from webapp.core import db
from webapp.core.crypto import Secret, SecretUnreadable
from webapp.mail.models import OutgoingMail

log = logging.getLogger("webapp.channels")

PER_TRANSACTION = 200
# Trips to Facebook hold secrets too, which nothing reads any more after minutes; a waiting login or mail is read later.
_SEALED: tuple[tuple[type[Any], str], ...] = (
    (Channel, "page_token"),
    (Grant, "user_token"),
    (PendingGrant, "user_token"),
    (OutgoingMail, "secret"),
)


def reseal() -> tuple[int, int]:
    """Afterwards older keys can be dropped. Returns how many tokens were sealed, and how many no key opens."""
    sealed = unreadable = 0
    for model, column in _SEALED:
        last = 0
        while ids := _next_ids(model, last):
            done, failed = _reseal(model, column, ids)
            sealed, unreadable, last = sealed + done, unreadable + failed, ids[-1]
    return sealed, unreadable


def _next_ids(model: type[Any], after: int) -> list[int]:
    found = db.session().scalars(select(model.id).where(model.id > after).order_by(model.id).limit(PER_TRANSACTION))
    return list(found)


def _reseal(model: type[Any], column: str, ids: list[int]) -> tuple[int, int]:
    done = failed = 0
    with db.transaction() as session:
        rows = session.scalars(
            select(model)
            .where(model.id.in_(ids))
            .order_by(model.id)
            .with_for_update(of=model)
            .execution_options(populate_existing=True)
        )
        for row in rows:
            secret: Secret | None = getattr(row, column)
            if secret is None:
                continue
            try:
                setattr(row, column, Secret(secret.reveal()))
            except SecretUnreadable:
                log.error("no key of TOKEN_KEYS opens %s of %s %s", column, model.__tablename__, row.id)
                failed += 1
                continue
            flag_modified(row, column)
            done += 1
    return done, failed
