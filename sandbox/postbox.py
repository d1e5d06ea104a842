"""The local mail catcher: an SMTP server that keeps mails in memory and lets nobody send further."""

import email
import itertools
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT = 200


@dataclass(frozen=True)
class Mail:
    """One caught mail; `at` is ISO 8601 in UTC, `text` and `html` are empty where the part is missing."""

    number: int
    at: str
    sender: str
    to: list[str]
    subject: str
    message_id: str
    text: str
    html: str

    @property
    def received(self) -> float:
        """When it was caught, in Unix seconds."""
        return datetime.fromisoformat(self.at).timestamp()


class Postbox:
    """The last mails, newest first. Filled by the SMTP thread, read by request threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._mails: deque[Mail] = deque(maxlen=kept)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def put(self, raw: bytes, recipients: list[str]) -> Mail:
        message = email.message_from_bytes(raw, policy=default)
        with self._lock:
            mail = Mail(
                next(self._numbers),
                datetime.now(UTC).isoformat(timespec="seconds"),
                str(message["From"] or ""),
                list(recipients),
                str(message["Subject"] or ""),
                str(message["Message-ID"] or "").strip(),
                _part(message, "plain"),
                _part(message, "html"),
            )
            self._mails.append(mail)
        return mail

    def newest_first(self) -> list[Mail]:
        with self._lock:
            return list(reversed(self._mails))

    def numbered(self, number: int) -> Mail | None:
        return next((mail for mail in self.newest_first() if mail.number == number), None)

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(mail) for mail in self.newest_first()]

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset() or "utf-8"
    try:
        return cast(bytes, payload).decode(charset, "replace")
    except LookupError:
        return cast(bytes, payload).decode("utf-8", "replace")


class _Handler:
    def __init__(self, postbox: Postbox) -> None:
        self._postbox = postbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        self._postbox.put(content, list(envelope.rcpt_tos))
        return "250 Message caught, nothing leaves this machine"


def smtp_server(postbox: Postbox, host: str, port: int) -> Controller:
    """A server that is not started yet. `start()` raises OSError when the port is taken."""
    return Controller(_Handler(postbox), hostname=host, port=port, ready_timeout=10.0)
