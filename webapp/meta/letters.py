"""Shapes of messages and files at the gate; rooms import them from `gateway`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RemoteAttachment:
    """What came with a message: image, video, audio, file, share, story_mention or story_reply."""

    kind: str
    url: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class RemoteMessage:
    """A message as Meta's own inbox shows it. `sender_id` may be the account's; `text` is empty for anything else.

    `at` has whole seconds only. Beyond the newest 20 of a conversation Meta tells `id` and `at` alone.
    """

    id: str
    at: datetime
    sender_id: str = ""
    text: str = ""
    recipient_id: str = ""
    attachments: tuple[RemoteAttachment, ...] = ()
    is_unsupported: bool = False


@dataclass(frozen=True, slots=True)
class RemoteConversation:
    """A conversation of Meta's inbox with its newest messages, newest first."""

    id: str
    updated_at: datetime | None
    messages: tuple[RemoteMessage, ...]


@dataclass(frozen=True, slots=True)
class RemotePage:
    """Some conversations, latest activity first. `after` is where the next page begins, None on the last."""

    conversations: tuple[RemoteConversation, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way to Meta. `kind` is image, video, audio or file; `path` is where its bytes lie here."""

    kind: str
    path: Path
    name: str
    mime: str
