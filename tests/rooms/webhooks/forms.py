"""Every form in which Meta tells something. Source: webhooks reference of Messenger and Instagram (v25.0)."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.rooms.webhooks.wire import ACCOUNT, AT, CUSTOMER, echo, event

Json = Any
CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1&signature=2"

_ATTACHED = [
    {"type": "image", "payload": {"url": CDN}},
    {"type": "story_mention", "payload": {"url": CDN}},
    {"type": "share", "payload": {"url": CDN}},
    {"type": "ig_reel", "payload": {"reel_video_id": "1", "title": "T", "url": CDN}},
    {"type": "ig_post", "payload": {"id": "1", "title": "T", "url": CDN}},
    {"type": "sticker", "payload": {"url": CDN, "sticker_id": 369239263222822}},
    {"type": "fallback", "title": "T", "url": CDN, "payload": None},
    {"type": "template", "payload": {"product": {"elements": [{"id": "1", "title": "T", "subtitle": "S"}]}}},
    {"type": "ephemeral"},
    {"type": "unsupported_type", "payload": {"url": CDN}},
]
_AD = {"ref": "R", "ad_id": "1", "source": "ADS", "type": "OPEN_THREAD", "ads_context_data": {"ad_title": "T"}}
_MESSAGES = [
    {"text": "hello"},
    *({"attachments": [one]} for one in _ATTACHED),
    {"text": "two", "attachments": _ATTACHED[:2]},
    {"is_unsupported": True},
    {"is_deleted": True},
    {"text": "Yes", "quick_reply": {"payload": "PAYLOAD"}},
    {"text": "re", "reply_to": {"mid": "other", "is_self_reply": False}},
    {"text": "nice", "reply_to": {"story": {"url": CDN, "id": "1"}}},
    {"text": "t", "referral": _AD},
    {"text": "t", "referral": {"product": {"id": "1"}}},
]
_OTHERS = [
    {"reaction": {"mid": "m", "action": "react", "reaction": "love", "emoji": "❤️"}},
    {"reaction": {"mid": "m", "action": "unreact"}},
    {"message_edit": {"mid": "m", "text": "new", "num_edit": 1}},
    {"postback": {"mid": "m", "title": "Opening hours?", "payload": "P", "referral": _AD}},
    {"read": {"mid": "m"}},
    {"read": {"watermark": AT}},
    {"delivery": {"mids": ["m"], "watermark": AT}},
    {"referral": {"ref": "R", "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}},
    {"optin": {"type": "notification_messages", "payload": "P", "notification_messages_token": "t"}},
    {"pass_thread_control": {"previous_owner_app_id": None, "new_owner_app_id": "1", "metadata": "M"}},
    {"take_thread_control": {"previous_owner_app_id": 1, "new_owner_app_id": "2"}},
    {"request_thread_control": {"requested_owner_app_id": "3"}},
    {"app_roles": {"123456789": ["primary_receiver"]}},
    {"policy_enforcement": {"action": "block", "reason": "R"}},
    {"account_linking": {"status": "linked", "authorization_code": "C"}},
]


def events(mid: str) -> list[Json]:
    """One of each kind, about the message `mid`."""
    told = [event(message={"mid": mid} | one) for one in _MESSAGES]
    told += [
        echo(mid=mid, text="ours", app_id=1517776481860111, metadata="M"),
        echo(mid=mid, attachments=_ATTACHED[:1]),
    ]
    for one in _OTHERS:
        (name, inside) = next(iter(one.items()))
        told.append(event(**{name: inside | {"mid": mid} if "mid" in inside else inside}))
    return told


def entries(mid: str) -> list[Json]:
    """Each of them in an entry of its own, and the other arrays in which such things come."""
    told: list[Json] = [{"id": ACCOUNT, "time": AT, "messaging": [one]} for one in events(mid)]
    first = event(message={"mid": mid, "text": "hello"})
    told.append({"id": ACCOUNT, "time": AT, "standby": [first]})
    value = first | {"timestamp": "1763812800"}
    told.append({"id": ACCOUNT, "time": AT, "changes": [{"field": "messages", "value": value}]})
    told.append({"id": ACCOUNT, "time": AT, "changes": [{"field": "comments", "value": {"from": {"id": CUSTOMER}}}]})
    return told


ABOUT_PERMISSIONS = {
    "object": "permissions",
    "entry": [
        {"id": "7001", "uid": "7001", "time": AT, "changes": [{"field": "x", "value": {"target_ids": ["1", 2]}}]}
    ],
}


def places(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every key and element, the whole first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def with_instead(value: Json, path: tuple[Any, ...], new: Json) -> Json:
    """A copy with something else in that place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_instead(value[path[0]], path[1:], new)
    return copy


# Whatever JSON can hold.
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
