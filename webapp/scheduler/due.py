"""Which accounts are checked next, and one that somebody looks for. For operators: over all workspaces."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from webapp.channels.models import Channel
from webapp.channels.status import Status
from webapp.core import db

SHOWN = 10


def next_due(wanted: str = "", limit: int = SHOWN) -> list[Channel]:
    """Held channels with their workspaces, the most urgent first; those whose name, username or ids hold `wanted`."""
    found = (
        select(Channel)
        .options(joinedload(Channel.workspace))
        .where(Channel.status != Status.DISCONNECTED)
        .order_by(Channel.next_check_at, Channel.id)
        .limit(limit)
    )
    text = wanted.strip().lstrip("@").lower()
    if text:
        names = (Channel.username, Channel.name, Channel.page_name, Channel.external_id, Channel.page_id)
        found = found.where(or_(*(func.lower(name).contains(text, autoescape=True) for name in names)))
    return list(db.session().scalars(found))
