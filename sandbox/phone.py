"""What the phone of the control page shows: bubbles, and what can be done with each."""

from dataclasses import dataclass
from typing import Any

from sandbox.forms import FORMS
from sandbox.model import Conversation, Message
from sandbox.state import State

SHOWN_AS = {
    "image": "picture", "sticker": "picture", "story_mention": "picture", "share": "picture", "ig_post": "picture",
    "video": "video", "ig_reel": "video", "audio": "audio",
}  # fmt: skip
FIRST = ("image", "audio", "video", "file", "story_mention", "story_reply", "sticker", "ig_post", "ig_reel", "share")
HIDDEN = ("text", "reply", "reaction", "unreact", "edit", "unsend")
QUOTED = 60


@dataclass(frozen=True)
class Bubble:
    """One message as drawn; `files` are (shown as, address, title), `note` is the key of a sentence."""

    mid: str
    mine: bool
    text: str
    files: list[tuple[str, str, str]]
    note: str
    quote: str
    at_ms: int
    by_app: bool
    edited: bool
    reactions: str
    reacted: bool


def bubbles(state: State, conversation: Conversation) -> list[Bubble]:
    """Oldest first, seen with the eyes of the customer."""
    return [_bubble(state, conversation, row) for row in reversed(state.messages_of(conversation.id))]


def _bubble(state: State, conversation: Conversation, row: Message) -> Bubble:
    return Bubble(
        row.mid,
        row.sender_id == conversation.customer_id,
        str(row.content.get("text", "")),
        [_file(one) for one in row.content.get("attachments", []) if (one.get("payload") or {}).get("url")],
        _note(row),
        _quote(state, row.content.get("reply_to") or {}),
        row.at_ms,
        row.app_id is not None,
        row.edits > 0,
        "".join(row.reactions.values()),
        conversation.customer_id in row.reactions,
    )


def _file(attachment: dict[str, Any]) -> tuple[str, str, str]:
    payload, kind = attachment["payload"], str(attachment.get("type", "file"))
    return SHOWN_AS.get(kind, "link"), str(payload["url"]), str(payload.get("title") or kind)


def _note(row: Message) -> str:
    if row.unsent:
        return "unsent"
    kinds = [one.get("type") for one in row.content.get("attachments", [])]
    if "story_mention" in kinds:
        return "story_mentioned"
    if "ephemeral" in kinds:
        return "view_once"
    if (row.content.get("reply_to") or {}).get("story"):
        return "story_replied"
    hidden = row.content.get("is_unsupported") or kinds in (["unsupported_type"], ["fallback"])
    return "cannot_show" if hidden and not row.content.get("text") else ""


def _quote(state: State, reply_to: dict[str, Any]) -> str:
    quoted = state.messages.get(str(reply_to.get("mid", "")))
    return words_of(quoted) if quoted else ""


def words_of(message: Message) -> str:
    """A line that stands for a message: its text, else the kind of its attachment."""
    kinds = [str(one.get("type")) for one in message.content.get("attachments", [])]
    return str(message.content.get("text") or "".join(kinds[:1]))[:QUOTED]


def seen(state: State, conversation: Conversation) -> bool:
    """Has the customer read the business's newest words?"""
    newest = next(iter(state.messages_of(conversation.id)), None)
    return newest is not None and newest.sender_id == conversation.account_id and conversation.read_ms >= newest.at_ms


def menu(platform: str) -> tuple[list[str], list[str]]:
    """Names of the message forms and of the other events that the platform knows, the common ones first."""
    known = [form for form in FORMS.values() if platform in form.platforms and form.name not in HIDDEN]
    messages = [form.name for form in known if form.kind == "message"]
    events = [form.name for form in known if form.kind != "message"]
    return sorted(messages, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)), events
