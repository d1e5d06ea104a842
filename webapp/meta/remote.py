"""Who answers in Meta's own inbox: read for the diagnosis. Pure.

Sources: Conversation Routing, Page field messaging_feature_status (v25.0).
"""

from datetime import UTC, datetime

from webapp.meta.answers import Json, as_object, rows
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Routing, ThreadOwner
from webapp.meta.values import an_id


def read_routing(payload: Json) -> Routing:
    status = payload.get("messaging_feature_status")
    if not isinstance(status, dict):
        raise GraphError("the answer does not tell the messaging features")
    return Routing(
        messenger=status.get("msgr_multi_app") is True or status.get("hop_v2") is True,
        instagram=status.get("ig_multi_app") is True,
    )


def read_owner(payload: Json) -> ThreadOwner | None:
    """An idle conversation has no row."""
    for row in rows(payload):
        owner = as_object(row.get("thread_owner"))
        return ThreadOwner(an_id(owner.get("app_id")), _moment(owner.get("expiration")))
    return None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 253402300800:
        return None
    return datetime.fromtimestamp(value, UTC)
