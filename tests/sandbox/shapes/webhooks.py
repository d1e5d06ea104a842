"""What webhook bodies look like, in every form of the reference."""

from typing import Any

from tests.sandbox.shapes.answers import fits
from tests.sandbox.shapes.nodes import MESSAGE_ID
from tests.sandbox.shapes.parts import (
    ID,
    MILLISECONDS,
    SECONDS,
    TEXT,
    URL,
    WHOLE,
    WORDS,
    Schema,
    either,
    exact,
    many,
    one_of,
)

TRUE: Schema = {"const": True}
APP_ID = either(ID, WHOLE, {"type": "null"})


def attached(kind: str, payload: Schema | None = None) -> Schema:
    return exact({"type": {"const": kind}, "payload": payload} if payload else {"type": {"const": kind}})


FILE = exact({"url": URL})
COMMON = tuple(attached(kind, FILE) for kind in ("image", "video", "audio", "file"))
ON_INSTAGRAM = (
    *COMMON,
    attached("story_mention", FILE),
    attached("share", FILE),
    attached("ig_reel", exact({"url": URL}, reel_video_id=ID, title=TEXT)),
    attached("ig_post", exact({"url": URL}, id=ID, title=TEXT)),
    attached("ephemeral"),
    attached("unsupported_type", FILE),
)
ON_PAGES = (
    *COMMON,
    attached("sticker", exact({"url": URL, "sticker_id": either(ID, WHOLE)})),
    attached("fallback", exact({"url": URL}, title=TEXT)),
    attached("fallback"),
    attached("template", exact({"product": exact({"elements": many({"type": "object"}, 1)})})),
)

ADVERT = exact({"ad_title": TEXT}, photo_url=URL, video_url=URL, post_id=ID)
REFERRAL = exact(
    {"ref": TEXT, "source": WORDS, "type": {"const": "OPEN_THREAD"}}, ad_id=ID, ads_context_data=ADVERT
)  # fmt: skip
ASKED_ABOUT = exact({"product": exact({"id": ID})})
STORY = exact({"url": URL, "id": ID})


def message(attachments: tuple[Schema, ...], **more: Schema) -> Schema:
    return exact(
        {"mid": MESSAGE_ID},
        text=WORDS,
        attachments=many(either(*attachments), 1),
        quick_reply=exact({"payload": WORDS}),
        is_echo=TRUE,
        **more,
    )


INSTAGRAM_MESSAGE = message(
    ON_INSTAGRAM,
    is_deleted=TRUE,
    is_unsupported=TRUE,
    reply_to=either(exact({"mid": MESSAGE_ID}), exact({"story": STORY})),
    referral=either(REFERRAL, ASKED_ABOUT),
)
PAGE_MESSAGE = message(
    ON_PAGES,
    app_id=WHOLE,
    metadata=TEXT,
    reply_to=exact({"mid": MESSAGE_ID}, is_self_reply={"type": "boolean"}),
)

OPTIN = exact(
    {"type": {"const": "notification_messages"}, "payload": WORDS, "notification_messages_token": WORDS},
    title=TEXT,
    notification_messages_frequency=WORDS,
    notification_messages_timezone=WORDS,
    token_expiry_timestamp=MILLISECONDS,
    user_token_status=WORDS,
    notification_messages_status=WORDS,
)
HANDOVERS: dict[str, Schema] = {
    "pass_thread_control": exact({"new_owner_app_id": APP_ID}, previous_owner_app_id=APP_ID, metadata=TEXT),
    "take_thread_control": exact({"new_owner_app_id": APP_ID}, previous_owner_app_id=APP_ID, metadata=TEXT),
    "request_thread_control": exact({"requested_owner_app_id": APP_ID}, metadata=TEXT),
}


def reaction(*names: str) -> Schema:
    react = {"mid": MESSAGE_ID, "action": {"const": "react"}, "reaction": one_of(*names), "emoji": WORDS}
    return either(exact(react), exact({"mid": MESSAGE_ID, "action": {"const": "unreact"}}))


EDIT = exact({"mid": MESSAGE_ID, "text": WORDS, "num_edit": WHOLE})
EVENTS: dict[str, dict[str, Schema]] = {
    "instagram": {
        "message": INSTAGRAM_MESSAGE,
        "reaction": reaction("angry", "sad", "wow", "love", "like", "laugh", "other"),
        "postback": exact({"title": WORDS, "payload": WORDS}, mid=TEXT, referral=REFERRAL),
        "referral": REFERRAL,
        "read": exact({"mid": MESSAGE_ID}),
        "message_edit": EDIT,
        "optin": OPTIN,
        **HANDOVERS,
    },
    "page": {
        "message": PAGE_MESSAGE,
        "reaction": reaction("smile", "angry", "sad", "wow", "love", "like", "dislike", "other"),
        "postback": exact({"title": WORDS, "payload": WORDS}, mid=TEXT, referral=REFERRAL),
        "referral": REFERRAL,
        "read": exact({"watermark": MILLISECONDS}),
        "delivery": exact({"watermark": MILLISECONDS}, mids=many(MESSAGE_ID, 1)),
        "message_edit": EDIT,
        "optin": OPTIN,
        "policy_enforcement": exact({"action": one_of("warning", "block", "unblock")}, reason=TEXT),
        **HANDOVERS,
    },
}
ENDS = {"sender": exact({"id": ID}), "recipient": exact({"id": ID}), "timestamp": MILLISECONDS}
APP_ROLES = exact(
    {"recipient": exact({"id": ID}), "timestamp": MILLISECONDS, "app_roles": {"type": "object", "minProperties": 1}}
)
CHANGED_ENDS = {**ENDS, "timestamp": {"type": "string", "pattern": r"^\d{10}$"}}
DASHBOARD = exact({"mid": WORDS, "text": WORDS})


def event_of(kind: str) -> Schema:
    return either(*(exact({**ENDS, part: schema}) for part, schema in EVENTS[kind].items()), APP_ROLES)


def changed(kind: str) -> Schema:
    """`changes[].value`: conversation events in the other form, comments and feed."""
    parts = {**EVENTS[kind], "message": DASHBOARD}
    values = [exact({**CHANGED_ENDS, part: schema}) for part, schema in parts.items()]
    comment = exact({"id": ID, "text": WORDS, "from": {"type": "object"}, "media": {"type": "object"}})
    feed = {"type": "object", "required": ["item", "verb"]}
    return exact({"field": WORDS, "value": either(*values, comment, feed)})


PERMISSION = exact(
    {"field": WORDS, "value": exact({"verb": one_of("granted", "revoked")}, target_ids=many(ID))}
)  # fmt: skip
ENTRIES: dict[str, Schema] = {
    "permissions": exact({"id": ID, "uid": ID, "time": SECONDS, "changes": many(PERMISSION, 1)}),
    **{
        kind: either(
            exact({"id": ID, "time": MILLISECONDS, "messaging": many(event_of(kind), 1)}),
            exact({"id": ID, "time": MILLISECONDS, "standby": many(event_of(kind), 1)}),
            exact({"id": {"type": "string"}, "time": SECONDS, "changes": many(changed(kind), 1)}),
        )
        for kind in EVENTS
    },
}


def wrong_in(body: dict[str, Any]) -> list[str]:
    """What is wrong with a webhook body; nothing when it has a form of the reference."""
    kind = body.get("object")
    if kind not in ENTRIES:
        return [f"no object is called {kind!r}"]
    return fits(exact({"object": {"const": kind}, "entry": many(ENTRIES[str(kind)], 1)}), body)
