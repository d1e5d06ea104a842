"""Whole conversations as Meta's inbox holds them: read to close a gap. Pure.

Source: Conversations API (v25.0): only the 20 newest messages of a conversation have retrievable details.
"""

from collections.abc import Iterator, Mapping

from webapp.meta.answers import Json, rows
from webapp.meta.gateway import Platform, RemoteAttachment, RemoteConversation, RemoteMessage, RemotePage
from webapp.meta.remote import id_or_text, written

DETAILED = 20
_MESSAGE = "id,created_time,from,to,message,attachments,shares"
# Stories and unsupported kinds exist on Instagram only: a field that a node does not have spoils the whole call.
_FIELDS: Mapping[Platform, str] = {"messenger": _MESSAGE, "instagram": f"{_MESSAGE},story,is_unsupported"}
WHOLE: Mapping[Platform, str] = {
    platform: f"id,updated_time,messages.limit({DETAILED}){{{fields}}}" for platform, fields in _FIELDS.items()
}


def read_page(payload: Json, after: str | None) -> RemotePage:
    return RemotePage(tuple(_conversation(row) for row in rows(payload)), after)


def _conversation(row: Json) -> RemoteConversation:
    listing = row.get("messages")
    found = [_message(one) for one in rows(listing)] if isinstance(listing, dict) and "data" in listing else []
    messages = tuple(one for one in found if one is not None)
    return RemoteConversation(id_or_text(row.get("id")), written(row.get("updated_time")), messages)


def _message(row: Json) -> RemoteMessage | None:
    """One without id or time can neither be known again nor be put in order."""
    message_id, at = id_or_text(row.get("id")), written(row.get("created_time"))
    if not message_id or at is None:
        return None
    text = row.get("message")
    return RemoteMessage(
        message_id,
        at,
        sender_id=id_or_text(_object(row.get("from")).get("id")),
        text=text if isinstance(text, str) else "",
        recipient_id=next((id_or_text(one.get("id")) for one in _data(row.get("to"))), ""),
        attachments=(*_story(_object(row.get("story"))), *_attachments(row), *_shares(row)),
        is_unsupported=row.get("is_unsupported") is True,
    )


def _attachments(row: Json) -> Iterator[RemoteAttachment]:
    for one in _data(row.get("attachments")):
        image, video = _object(one.get("image_data")), _object(one.get("video_data"))
        name = id_or_text(one.get("name"))
        if image:
            yield RemoteAttachment("image", id_or_text(image.get("url")), name)
        elif video:
            yield RemoteAttachment("video", id_or_text(video.get("url")), name)
        else:
            kind = "audio" if id_or_text(one.get("mime_type")).startswith("audio") else "file"
            yield RemoteAttachment(kind, id_or_text(one.get("file_url")), name)


def _shares(row: Json) -> Iterator[RemoteAttachment]:
    for one in _data(row.get("shares")):
        yield RemoteAttachment("share", id_or_text(one.get("link")), id_or_text(one.get("name")))


def _story(story: Json) -> Iterator[RemoteAttachment]:
    for name, kind in (("mention", "story_mention"), ("reply_to", "story_reply")):
        if isinstance(story.get(name), dict):
            yield RemoteAttachment(kind, id_or_text(story[name].get("link")))


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _data(value: object) -> list[Json]:
    listing = _object(value).get("data")
    return [_object(one) for one in listing] if isinstance(listing, list) else []
