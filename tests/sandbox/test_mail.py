"""The mail catcher: a real SMTP conversation in, pages and JSON out."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import requests

from sandbox.postbox import Postbox, smtp_server
from tests.sandbox.stand import Stand, free_port

LINK = "http://127.0.0.1:8000/w/demo/channels/1"


@pytest.fixture
def smtp_port(stand: Stand) -> Iterator[int]:
    port = free_port()
    server = smtp_server(stand.app.extensions["sandbox"].postbox, "127.0.0.1", port)
    server.start()
    yield port
    server.stop()


def reminder(subject: str = "渠道串接失效") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "Omnichat <noreply@omnichat.example>"
    mail["To"] = "alice@example.com"
    mail["Message-ID"] = "<one@omnichat.example>"
    mail.set_content(f"重新授權：{LINK}。謝謝")
    mail.add_alternative(f'<p><a href="{LINK}">重新授權</a><script>alert(1)</script></p>', subtype="html")
    return mail


def post(port: int, mail: EmailMessage, to: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
        connection.send_message(mail, to_addrs=to)


def test_a_mail_is_kept_with_subject_text_html_and_recipients(stand: Stand, smtp_port: int) -> None:
    post(smtp_port, reminder(), ["alice@example.com", "carol@example.com"])
    (mail,) = stand.look("mails")
    assert mail["subject"] == "渠道串接失效"
    assert mail["to"] == ["alice@example.com", "carol@example.com"]
    assert mail["message_id"] == "<one@omnichat.example>"
    assert mail["text"].strip() == f"重新授權：{LINK}。謝謝"
    assert f'<a href="{LINK}">' in mail["html"]


def test_the_newest_mail_is_on_top_and_links_can_be_followed(stand: Stand, smtp_port: int) -> None:
    post(smtp_port, reminder("first"))
    post(smtp_port, reminder("<b>second</b>"))
    listing = requests.get(f"{stand.origin}/mail", timeout=5).text
    assert listing.index("&lt;b&gt;second&lt;/b&gt;") < listing.index("first")
    number = stand.look("mails")[0]["number"]
    page = requests.get(f"{stand.origin}/mail/{number}", timeout=5).text
    assert f'<a href="{LINK}" target="_blank" rel="noreferrer">{LINK}</a>。謝謝' in page
    assert f'src="/mail/{number}/html"' in page


def test_the_html_part_runs_no_script_and_lives_in_a_frame(stand: Stand, smtp_port: int) -> None:
    post(smtp_port, reminder())
    answer = requests.get(f"{stand.origin}/mail/1/html", timeout=5)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert '<base target="_blank">' in answer.text


def test_a_mail_that_does_not_exist_is_404(stand: Stand) -> None:
    assert requests.get(f"{stand.origin}/mail/7", timeout=5).status_code == 404


def test_the_box_keeps_the_last_ones_only() -> None:
    box = Postbox(kept=5)
    for number in range(8):
        box.put(reminder(str(number)).as_bytes(), ["a@example.com"])
    assert len(box.newest_first()) == 5
    assert box.newest_first()[0].subject == "7"
    assert box.numbered(1) is None


def test_a_mail_in_an_unknown_charset_is_still_readable() -> None:
    raw = b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhello"
    assert Postbox().put(raw, ["a@example.com"]).text == "hello"


def test_reset_empties_the_box(stand: Stand, smtp_port: int) -> None:
    post(smtp_port, reminder())
    stand.control("reset")
    assert stand.look("mails") == []
