"""The Page's one subscription, shared by all of its channels and wanted by several people at once.

Whoever connects subscribes again after the channel is stored; whoever lets go looks again after unsubscribing and
subscribes for the channel that came meanwhile. So whatever the order, a held channel ends up subscribed.
"""

import logging
from collections.abc import Iterable, Sequence

from webapp.channels import queries
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import Meta

log = logging.getLogger("webapp.channels")


def affirm(pages: Sequence[tuple[str, Secret]], *, meta: Meta) -> None:
    """Subscribe the Pages of channels that were just stored, should somebody have unsubscribed them meanwhile."""
    if not pages:
        return
    db.leave()
    for (page_id, _), error in zip(pages, meta.subscribe_each(pages), strict=True):
        if error is not None:
            # The hourly check finds and repairs it.
            log.info("page %s not subscribed again: %s/%s", page_id, error.code, error.subcode)


def release(pages: Iterable[tuple[str, Secret]], *, meta: Meta) -> None:
    """Unsubscribe Pages that no channel lives on."""
    for page_id, token in pages:
        let_go(page_id, token, meta=meta)


def let_go(page_id: str, token: Secret, *, meta: Meta) -> bool:
    """Unsubscribe a Page, if no channel lives on it. Whether nothing is left to be done: a refusal stays one."""
    if _is_needed(page_id):
        return True
    try:
        meta.unsubscribe(page_id, token)
        if _is_needed(page_id):
            meta.subscribe(page_id, token)
    except GraphError as error:
        log.info("page %s not unsubscribed: %s/%s", page_id, error.code, error.subcode)
        return error.meaning.kind is not Kind.TRANSIENT
    return True


def _is_needed(page_id: str) -> bool:
    needed = bool(queries.held_by_page(page_id))
    db.leave()
    return needed
