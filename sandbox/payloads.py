"""Webhook bodies: `messaging`, `standby` and `changes` forms."""

from typing import Any

from sandbox.model import INSTAGRAM, Conversation, Message


def message_event(conversation: Conversation, message: Message) -> dict[str, Any]:
    """One message as an element of `messaging`; echoes carry is_echo, on a Page also app_id."""
    content: dict[str, Any] = {"mid": message.mid, **message.content}
    if message.sender_id == conversation.account_id:
        content["is_echo"] = True
        if conversation.platform != INSTAGRAM and message.app_id:
            content["app_id"] = int(message.app_id)
    return {
        "sender": {"id": message.sender_id},
        "recipient": {"id": message.recipient_id},
        "timestamp": message.at_ms,
        "message": content,
    }


def customer_event(conversation: Conversation, at_ms: int, extra: dict[str, Any]) -> dict[str, Any]:
    """Any other event from the customer: read, reaction, postback, referral, thread control."""
    return {
        "sender": {"id": conversation.customer_id},
        "recipient": {"id": conversation.account_id},
        "timestamp": at_ms,
        **extra,
    }


def envelope(platform: str, account_id: str, event: dict[str, Any], at_ms: int, standby: bool) -> dict[str, Any]:
    """The whole body: `object` instagram by Instagram id, or page by Page id. `time` is in milliseconds."""
    form = "standby" if standby else "messaging"
    return {
        "object": "instagram" if platform == INSTAGRAM else "page",
        "entry": [{"id": account_id, "time": at_ms, form: [event]}],
    }


def entry_body(conversation: Conversation, entry: dict[str, Any], at_ms: int) -> dict[str, Any]:
    """The whole body around an entry of another form; `time` is in seconds where the form is `changes`."""
    at = at_ms // 1000 if "changes" in entry else at_ms
    kind = "instagram" if conversation.platform == INSTAGRAM else "page"
    return {"object": kind, "entry": [{"id": conversation.account_id, "time": at, **entry}]}


def permission_change(person_id: str, at: int, field: str, verb: str, target_ids: list[str] | None) -> dict[str, Any]:
    """object=permissions; `at` is in seconds here, as in every `changes` body."""
    value: dict[str, Any] = {"verb": verb}
    if target_ids is not None:
        value["target_ids"] = target_ids
    entry = {"id": person_id, "uid": person_id, "time": at, "changes": [{"field": field, "value": value}]}
    return {"object": "permissions", "entry": [entry]}
