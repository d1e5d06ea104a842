"""The gate to the mail server: Flask-Mail, with a limit to every wait."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.charset import BASE64, Charset
from email.mime.text import MIMEText
from email.utils import parseaddr
from typing import Protocol
from urllib.parse import urlsplit

from flask import Flask
from flask_mail import BadHeaderError, Connection, Mail, Message

from config import Config
from webapp.core import db

Handing = Callable[[], None]

# A server may look for spam before it says yes; giving up on it earlier would mean telling it twice.
_ANSWER_TO_CONTENT = 3
# The longest way through one conversation, in timeouts: connect, greetings, TLS, login, envelope, content.
_LONGEST = 16
_GOODBYE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Letter:
    """What the mail server is given. `message_id` has its angle brackets."""

    message_id: str
    address: str
    subject: str
    text: str
    html: str


class MailFailed(Exception):
    """The mail was not taken. `problem` is short and holds no address.

    `server_down`: the server cannot be used at all, which says nothing about this mail. `unknown`: it was given the
    content and did not say whether it keeps it.
    """

    def __init__(self, problem: str, *, server_down: bool, unknown: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.server_down = server_down
        self.unknown = unknown


class Mailer(Protocol):
    """Sends one letter, or raises MailFailed. `patience` is the longest time that one send can take.

    `handing` is called directly before the content is given away: what ends earlier has certainly sent nothing.
    """

    @property
    def patience(self) -> timedelta: ...

    @property
    def domain(self) -> str:
        """The domain that our Message-IDs end with."""

    def send(self, letter: Letter, handing: Handing) -> None: ...


def init_app(app: Flask, config: Config) -> None:
    app.config.from_mapping(
        MAIL_SERVER=config.mail_server,
        MAIL_PORT=config.mail_port,
        MAIL_USE_TLS=config.mail_use_tls,
        MAIL_USERNAME=config.mail_username or None,
        MAIL_PASSWORD=config.mail_password or None,
        MAIL_DEFAULT_SENDER=config.mail_sender,
        # Flask-Mail keeps silent in tests unless told otherwise; ours have a real server.
        MAIL_SUPPRESS_SEND=False,
    )
    Mail(app)
    app.extensions["mailer"] = SmtpMailer(app, config)


class SmtpMailer:
    def __init__(self, app: Flask, config: Config) -> None:
        self.app = app
        self.timeout = config.mail_timeout
        self.host = urlsplit(config.base_url).hostname or "localhost"
        self.patience = timedelta(seconds=self.timeout * _LONGEST)
        self.domain = parseaddr(config.mail_sender)[1].rpartition("@")[2] or self.host

    def send(self, letter: Letter, handing: Handing) -> None:
        """Hand the letter to the server; returns once the server has said that it keeps it."""
        db.assert_left()
        connection = _TimedConnection(self.app.extensions["mail"], self.host, self.timeout, handing)
        try:
            with connection:
                connection.send(_message(letter))
        except (smtplib.SMTPException, OSError, BadHeaderError, ValueError) as error:
            raise _failed(error, given=connection.given) from None


class _TimedSMTP(smtplib.SMTP):
    handing: Handing

    def data(self, msg: bytes | str) -> tuple[int, bytes]:  # type: ignore[override]
        assert self.sock is not None
        self.handing()
        self.sock.settimeout(self.timeout * _ANSWER_TO_CONTENT)
        return super().data(msg)


class _TimedConnection(Connection):
    """Flask-Mail's connection knows no timeout and checks no certificate."""

    def __init__(self, mail: Mail, local_hostname: str, timeout: float, handing: Handing) -> None:
        super().__init__(mail)
        self.local_hostname = local_hostname
        self.timeout = timeout
        self.handing = handing
        self.given = False

    def configure_host(self) -> smtplib.SMTP:
        host = _TimedSMTP(self.mail.server, self.mail.port, self.local_hostname, self.timeout)
        host.handing = self._hand
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def _hand(self) -> None:
        self.handing()
        self.given = True

    def __exit__(self, *error: object) -> None:
        # The mail is taken or refused by now: a server that will not say goodbye changes nothing about that.
        if self.host is None:
            return
        try:
            if self.host.sock is not None:
                self.host.sock.settimeout(_GOODBYE_SECONDS)
            self.host.quit()
        except (smtplib.SMTPException, OSError):
            self.host.close()


class _Base64Message(Message):
    """Bodies in base64: bare 8-bit Chinese survives neither old relays nor lines over 998 bytes."""

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        charset = Charset("utf-8")
        charset.body_encoding = BASE64
        return MIMEText(text or "", subtype, charset)  # type: ignore[arg-type]


def _message(letter: Letter) -> Message:
    message = _Base64Message(
        subject=letter.subject,
        recipients=[letter.address],
        body=letter.text,
        html=letter.html,
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = letter.message_id
    return message


def _failed(error: Exception, *, given: bool) -> MailFailed:
    """Class and code only: servers quote addresses, and their texts come in any language."""
    name = type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _text in error.recipients.values()), 0)
    else:
        code = getattr(error, "smtp_code", 0)
    refused = isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError))
    unsendable = isinstance(error, BadHeaderError) or not isinstance(error, OSError)
    # 421: the server is closing down, whatever it was asked.
    return MailFailed(
        f"{name} {code}" if code else name,
        server_down=code == 421 or not (refused or unsendable),
        unknown=given and not refused,
    )
