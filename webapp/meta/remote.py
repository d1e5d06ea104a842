"""What Meta's own inbox holds and who answers there: read for the diagnosis. Pure.

Sources: Conversations API, Conversation Routing, Page field messaging_feature_status (v25.0).
"""

from datetime import UTC, datetime

from webapp.meta.answers import Json, as_object, rows
from webapp.meta.errors import GraphError
from webapp.meta.gateway import RemoteMessage, Routing, ThreadOwner

NEWEST = "id,updated_time,messages.limit(5){id,created_time,from,message}"


def read_newest(payload: Json) -> list[RemoteMessage]:
    """Messages of every conversation of the answer, newest first; one without id or time is left out."""
    found = []
    for conversation in rows(payload):
        messages = conversation.get("messages")
        for row in rows(messages) if isinstance(messages, dict) else []:
            found += _message(row)
    return sorted(found, key=lambda one: one.at, reverse=True)


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
        return ThreadOwner(id_or_text(owner.get("app_id")), _moment(owner.get("expiration")))
    return None


def _message(row: Json) -> list[RemoteMessage]:
    sender = row.get("from")
    at = written(row.get("created_time"))
    message_id = id_or_text(row.get("id"))
    if at is None or not message_id:
        return []
    sender_id = id_or_text(sender.get("id")) if isinstance(sender, dict) else ""
    text = row.get("message")
    return [RemoteMessage(message_id, at, sender_id, text if isinstance(text, str) else "")]


def written(value: object) -> datetime | None:
    """`2026-11-22T12:00:00+0000`."""
    try:
        return datetime.strptime(id_or_text(value), "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 253402300800:
        return None
    return datetime.fromtimestamp(value, UTC)


def id_or_text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
