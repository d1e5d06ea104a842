"""What Meta's own inbox holds: whole conversations to close a gap, the newest messages for the diagnosis. Pure.

Source: Conversations API (v25.0): only the 20 newest messages of a conversation have retrievable details.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from webapp.meta.answers import Json, rows
from webapp.meta.gateway import Platform, RemoteAttachment, RemoteConversation, RemoteMessage, RemotePage
from webapp.meta.values import Json as Row
from webapp.meta.values import a_text, an_address, an_id, an_object

DETAILED = 20
_MESSAGE = "id,created_time,from,to,message,attachments,shares"
# Stories and unsupported kinds exist on Instagram only: a field that a node does not have spoils the whole call.
_FIELDS: Mapping[Platform, str] = {"messenger": _MESSAGE, "instagram": f"{_MESSAGE},story,is_unsupported"}
WHOLE: Mapping[Platform, str] = {
    platform: f"id,updated_time,messages.limit({DETAILED}){{{fields}}}" for platform, fields in _FIELDS.items()
}
NEWEST = "id,updated_time,messages.limit(5){id,created_time,from,message}"


def read_page(payload: Json, after: str | None) -> RemotePage:
    return RemotePage(tuple(_conversation(row) for row in rows(payload)), after)


def read_newest(payload: Json) -> list[RemoteMessage]:
    """Messages of every conversation of the answer, newest first."""
    found = [one for row in rows(payload) for one in _messages(row)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _conversation(row: Row) -> RemoteConversation:
    return RemoteConversation(an_id(row.get("id")), _written(row.get("updated_time")), tuple(_messages(row)))


def _messages(conversation: Row) -> Iterator[RemoteMessage]:
    """Of the answer's rows, those that can be known again and put in order."""
    for row in _data(conversation.get("messages")):
        message_id, at = an_id(row.get("id")), _written(row.get("created_time"))
        if message_id and at is not None:
            yield _message(row, message_id, at)


def _message(row: Row, message_id: str, at: datetime) -> RemoteMessage:
    return RemoteMessage(
        message_id,
        at,
        sender_id=an_id(an_object(row.get("from")).get("id")),
        text=a_text(row.get("message")),
        recipient_id=next((an_id(one.get("id")) for one in _data(row.get("to"))), ""),
        attachments=(*_story(an_object(row.get("story"))), *_attachments(row), *_shares(row)),
        is_unsupported=row.get("is_unsupported") is True,
    )


def _attachments(row: Row) -> Iterator[RemoteAttachment]:
    for one in _data(row.get("attachments")):
        image, video = an_object(one.get("image_data")), an_object(one.get("video_data"))
        name = a_text(one.get("name"))
        if image:
            yield RemoteAttachment("image", an_address(image.get("url")), name)
        elif video:
            yield RemoteAttachment("video", an_address(video.get("url")), name)
        else:
            kind = "audio" if a_text(one.get("mime_type")).startswith("audio") else "file"
            yield RemoteAttachment(kind, an_address(one.get("file_url")), name)


def _shares(row: Row) -> Iterator[RemoteAttachment]:
    for one in _data(row.get("shares")):
        yield RemoteAttachment("share", an_address(one.get("link")), a_text(one.get("name")))


def _story(story: Row) -> Iterator[RemoteAttachment]:
    for name, kind in (("mention", "story_mention"), ("reply_to", "story_reply")):
        told = story.get(name)
        if isinstance(told, dict):
            yield RemoteAttachment(kind, an_address(told.get("link")))


def _data(value: object) -> list[Row]:
    listing = an_object(value).get("data")
    return [an_object(one) for one in listing] if isinstance(listing, list) else []


def _written(value: object) -> datetime | None:
    """`2026-11-22T12:00:00+0000`."""
    try:
        return datetime.strptime(a_text(value), "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
