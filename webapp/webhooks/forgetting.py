"""Words that their writer took back leave the stored deliveries, too."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.inbox.actions import Spoken
from webapp.webhooks.models import Delivery
from webapp.webhooks.rules import without_words


def forget(session: Session, words: Sequence[Spoken]) -> None:
    """Inside the caller's transaction. The digest stays: the same bytes, brought once more, are still the same."""
    mids: defaultdict[int, set[str]] = defaultdict(set)
    for delivery_id, mid in words:
        mids[delivery_id].add(mid)
    # One after another, in one order: they may be large, and nobody waits in a circle.
    for delivery_id in sorted(mids):
        kept = session.scalar(
            select(Delivery)
            .where(Delivery.id == delivery_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        if kept is not None:
            kept.body = without_words(kept.body, mids[delivery_id])
            session.flush()
            session.expunge(kept)
