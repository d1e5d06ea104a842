"""A mailer of its own for each test, and a mail server that behaves as the test says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.fernet import Fernet
from flask import Flask

from config import Config
from tests.running import free_ports
from webapp.mail import gateway
from webapp.mail.gateway import SmtpMailer

TIMEOUT = 0.4  # seconds


@dataclass
class Postmaster:
    """Keeps what comes; `answer` is what it says to the content, `to_recipient` what it says to an address."""

    answer: str = "250 kept"
    to_recipient: str = "250 ok"
    kept: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.raw.append(envelope.original_content or b"")
            self.kept.append(message_from_bytes(self.raw[-1], policy=default))  # type: ignore[arg-type]
        return self.answer


@dataclass(frozen=True)
class Server:
    postmaster: Postmaster
    port: int


@pytest.fixture
def server() -> Iterator[Server]:
    postmaster = Postmaster()
    (port,) = free_ports(1)
    controller = Controller(postmaster, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Server(postmaster, port)
    finally:
        controller.stop()


def settings(port: int) -> Config:
    return Config.from_env(
        {
            "ENVIRONMENT": "test",
            "BASE_URL": "http://console.example",
            "SECRET_KEY": "a key for the tests, and only for them",
            "TOKEN_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": "sqlite:///never-opened.sqlite3",
            "META_APP_ID": "1",
            "META_APP_SECRET": "a secret for tests",
            "META_VERIFY_TOKEN": "verify-token",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(port),
            "MAIL_SENDER": "Omnichat 通知中心 <noreply@omnichat.example>",
            "MAIL_TIMEOUT": str(TIMEOUT),
        }
    )


def mailer_to(port: int) -> SmtpMailer:
    app = Flask("gate")
    gateway.init_app(app, settings(port))
    mailer: SmtpMailer = app.extensions["mailer"]
    return mailer
