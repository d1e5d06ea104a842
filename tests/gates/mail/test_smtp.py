"""The mail gate against real SMTP servers, well-behaved and not."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from tests.gates.mail.conftest import TIMEOUT, Server, mailer_to
from tests.running import free_ports
from webapp.mail.gateway import Handing, Letter, MailFailed, SmtpMailer

LETTER = Letter(
    message_id="<1.2.3@omnichat.example>",
    address="alice@example.com",
    subject="@morninglight.coffee 串接失效，請重新授權",
    text="王雅婷，你好：\n\n@morninglight.coffee 的授權已失效。\n",
    html="<p>王雅婷，你好：" + "晨曦" * 900 + "</p>",
)


def send(mailer: SmtpMailer, letter: Letter = LETTER, handing: Handing = lambda: None) -> None:
    with mailer.app.app_context():
        mailer.send(letter, handing)


def failure_of(mailer: SmtpMailer, letter: Letter = LETTER) -> MailFailed:
    with pytest.raises(MailFailed) as caught:
        send(mailer, letter)
    return caught.value


def test_chinese_subject_and_sender_arrive_as_they_were_written(server: Server) -> None:
    send(mailer_to(server.port))
    (mail,) = server.postmaster.kept
    assert mail["Subject"] == LETTER.subject
    assert mail["From"] == "Omnichat 通知中心 <noreply@omnichat.example>"
    assert mail["To"] == "alice@example.com"


def test_both_bodies_arrive_whole_and_in_seven_bits(server: Server) -> None:
    send(mailer_to(server.port))
    (mail,) = server.postmaster.kept
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content().strip() == LETTER.html
    raw = server.postmaster.raw[0]
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines()) <= 998


def test_the_mail_names_itself_and_says_that_a_machine_wrote_it(server: Server) -> None:
    send(mailer_to(server.port))
    (mail,) = server.postmaster.kept
    assert mail["Message-ID"] == "<1.2.3@omnichat.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]


def test_a_server_that_is_down_is_told_apart_from_a_refused_mail(server: Server) -> None:
    (nobody,) = free_ports(1)
    error = failure_of(mailer_to(nobody))
    assert error.server_down
    assert error.problem == "ConnectionRefusedError"


@pytest.mark.parametrize("answer", ["451 try later", "554 no"])
def test_a_refused_content_is_about_this_mail(server: Server, answer: str) -> None:
    server.postmaster.answer = answer
    error = failure_of(mailer_to(server.port))
    assert not error.server_down
    assert error.problem == f"SMTPDataError {answer[:3]}"


def test_a_refused_recipient_is_about_this_mail_and_its_address_is_not_repeated(server: Server) -> None:
    server.postmaster.to_recipient = "550 alice@example.com is unknown here"
    error = failure_of(mailer_to(server.port))
    assert not error.server_down
    assert error.problem == "SMTPRecipientsRefused 550"
    assert "alice" not in str(error)


def test_it_is_said_directly_before_the_content_is_given_away_and_not_before_that(server: Server) -> None:
    seen: list[int] = []
    send(mailer_to(server.port), handing=lambda: seen.append(len(server.postmaster.kept)))
    assert seen == [0], "said once, when the server had nothing yet"
    server.postmaster.to_recipient = "550 unknown here"
    with pytest.raises(MailFailed):
        send(mailer_to(server.port), handing=lambda: seen.append(-1))
    assert seen == [0], "a recipient was refused: no content was given away"


@pytest.mark.parametrize("answer", ["451 try later", "554 no", "421 closing down"])
def test_a_server_that_says_no_leaves_no_doubt(server: Server, answer: str) -> None:
    server.postmaster.answer = answer
    assert not failure_of(mailer_to(server.port)).unknown


def test_a_server_that_closes_down_is_down(server: Server) -> None:
    server.postmaster.answer = "421 closing down"
    assert failure_of(mailer_to(server.port)).server_down


@pytest.mark.parametrize("address", ["ålice@example.com", "alice@example.com\nBcc: eve@example.com"])
def test_an_address_that_cannot_be_written_is_about_this_mail(server: Server, address: str) -> None:
    letter = Letter("<1@x.example>", address, "subject", "text", "html")
    error = failure_of(mailer_to(server.port), letter)
    assert not error.server_down
    assert server.postmaster.kept == []


def test_the_patience_is_what_a_lease_must_outlast() -> None:
    assert mailer_to(25).patience == timedelta(seconds=16 * TIMEOUT)


def test_message_ids_end_with_the_senders_domain() -> None:
    assert mailer_to(25).domain == "omnichat.example"


@contextmanager
def rude_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with its one caller what `talk` does, then keeps the line open without a word."""
    hung_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            caller, _address = listener.accept()
            with caller:
                talk(caller)
                hung_up.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            hung_up.set()
            thread.join(5)


def silent(caller: socket.socket) -> None:
    pass


def silent_after_greeting(caller: socket.socket) -> None:
    caller.sendall(b"220 welcome\r\n")


def hear_a_mail(caller: socket.socket) -> None:
    """Listen politely to the end of the content."""
    lines = caller.makefile("rb")
    caller.sendall(b"220 welcome\r\n")
    for answer in (b"250 hello", b"250 ok", b"250 ok", b"354 go on"):
        lines.readline()
        caller.sendall(answer + b"\r\n")
    while lines.readline() != b".\r\n":
        pass


def takes_the_mail_and_never_says_goodbye(caller: socket.socket) -> None:
    hear_a_mail(caller)
    caller.sendall(b"250 kept\r\n")


def takes_the_content_and_hangs_up(caller: socket.socket) -> None:
    hear_a_mail(caller)
    caller.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("talk", [takes_the_content_and_hangs_up, hear_a_mail])
def test_a_server_that_does_not_say_whether_it_kept_the_mail_is_asked_again_later(
    talk: Callable[[socket.socket], None],
) -> None:
    """Never counted as sent: a mail that was kept comes twice under one Message-ID, one that was not is not lost."""
    with rude_server(talk) as port:
        began = time.monotonic()
        error = failure_of(mailer_to(port))
        assert (error.server_down, error.unknown) == (True, True)
        assert time.monotonic() - began < 3 * TIMEOUT + 1


@pytest.mark.parametrize("talk", [silent, silent_after_greeting])
def test_a_silent_server_is_left_after_the_timeout(talk: Callable[[socket.socket], None]) -> None:
    with rude_server(talk) as port:
        began = time.monotonic()
        error = failure_of(mailer_to(port))
        spent = time.monotonic() - began
    assert (error.server_down, error.unknown) == (True, False)
    assert TIMEOUT * 0.9 <= spent < TIMEOUT + 1


def test_a_mail_that_was_taken_counts_as_sent_though_the_server_then_hangs() -> None:
    with rude_server(takes_the_mail_and_never_says_goodbye) as port:
        send(mailer_to(port))
