from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.people import NOON
from tests.rooms.mail.conftest import ScriptedMailer
from webapp.core import db
from webapp.mail import actions
from webapp.mail.gateway import MailFailed
from webapp.mail.models import OutgoingMail
from webapp.mail.rules import LIFE

REFUSED = MailFailed("SMTPRecipientsRefused 550", server_down=False)
DOWN = MailFailed("ConnectionRefusedError", server_down=True)
UNKNOWN = MailFailed("TimeoutError", server_down=True, unknown=True)


def queue(session: Session, key: str = "occasion/1", **changes: object) -> OutgoingMail | None:
    account = {
        "channel_id": 7,
        "label": "@tea&cake",
        "platform": "instagram",
        "page_name": "Tea <& Cake>",
        "cause": "password_changed",
        "since": NOON,
        "facebook_user": "林小姐",
        "lost": True,
        "reauthorise": True,
    }
    values: dict[str, Any] = {
        "address": "alice@example.com",
        "locale": "zh_Hant_TW",
        "person_name": "Alice",
        "workspace_name": "Aurora & Co",
        "workspace_slug": "aurora",
        "accounts": [account],
    }
    return actions.queue(session, key=key, template="channel_lost", now=NOON, **(values | changes))


def write(key: str = "occasion/1", **changes: object) -> OutgoingMail | None:
    with db.transaction() as session:
        return queue(session, key, **changes)


def row(key: str = "occasion/1") -> OutgoingMail:
    with db.transaction() as session:
        return session.query(OutgoingMail).filter_by(key=key).populate_existing().one()


def at(moment: datetime = NOON) -> Callable[[], datetime]:
    return lambda: moment


def test_an_occasion_mails_a_person_once(house: Flask, mailer: ScriptedMailer) -> None:
    assert write() is not None
    assert write() is None
    assert actions.send_due(mailer, at()) == 1


def test_a_mail_of_a_transaction_that_failed_was_never_written(house: Flask, mailer: ScriptedMailer) -> None:
    def break_off() -> None:
        with db.transaction() as session:
            assert queue(session) is not None
            raise LookupError

    with pytest.raises(LookupError):
        break_off()
    assert actions.send_due(mailer, at()) == 0


def test_names_are_escaped_in_html_and_left_alone_in_text(house: Flask, mailer: ScriptedMailer) -> None:
    write(locale="en")
    mail = row()
    assert mail.subject == "@tea&cake lost its connection: please reauthorise"
    assert "Tea <& Cake>" in mail.text
    assert "Aurora & Co" in mail.text
    assert "Tea &lt;&amp; Cake&gt;" in mail.html
    assert "<& Cake>" not in mail.html


def test_a_subject_is_one_line_whatever_an_account_is_called(house: Flask, mailer: ScriptedMailer) -> None:
    account = {"label": "Shop\r\nBcc: eve@example.com", "lost": True, "reauthorise": True, "cause": "expired"}
    write(accounts=[account | {"channel_id": 1, "platform": "messenger", "since": NOON, "facebook_user": ""}])
    assert "\n" not in row().subject
    assert "\r" not in row().subject


def test_links_begin_with_the_consoles_own_address(house: Flask, mailer: ScriptedMailer) -> None:
    write()
    assert "http://localhost/w/aurora/channels/7" in row().text
    assert 'href="http://localhost/w/aurora/channels/7"' in row().html


def test_two_languages_in_one_process_do_not_mix(house: Flask, mailer: ScriptedMailer) -> None:
    write("zh", locale="zh_Hant_TW")
    write("en", locale="en")
    write("zh again", locale="zh_Hant_TW")
    assert row("en").subject == "@tea&cake lost its connection: please reauthorise"
    assert row("zh").subject == row("zh again").subject == "@tea&cake 串接失效，請重新授權"
    assert '<html lang="zh-Hant-TW">' in row("zh").html


def test_an_unknown_locale_gets_the_default_language(house: Flask, mailer: ScriptedMailer) -> None:
    write(locale="tlh")
    assert "串接失效" in row().subject


def test_a_mail_that_was_taken_is_not_sent_again(house: Flask, mailer: ScriptedMailer) -> None:
    write()
    assert actions.send_due(mailer, at()) == 1
    assert row().sent_at == NOON
    assert actions.send_due(mailer, at(NOON + timedelta(days=1))) == 0
    assert len(mailer.letters) == 1


def test_two_bells_for_one_mail_send_it_once(house: Flask, mailer: ScriptedMailer) -> None:
    mail = write()
    assert mail is not None
    actions.send(mail.id, mailer, at())
    actions.send(mail.id, mailer, at())
    assert len(mailer.letters) == 1


def test_while_one_process_sends_another_finds_nothing_due(house: Flask, mailer: ScriptedMailer) -> None:
    mail = write()
    assert mail is not None
    other = ScriptedMailer()
    mailer.on_send = lambda: actions.send(mail.id, other, at())
    actions.send(mail.id, mailer, at())
    assert len(mailer.letters) == 1
    assert other.letters == []


def test_a_process_killed_between_send_and_record_repeats_once_under_the_same_message_id(
    house: Flask, mailer: ScriptedMailer
) -> None:
    write()
    mailer.on_send = die
    killed(mailer, NOON)
    mailer.on_send = lambda: None
    assert actions.send_due(mailer, at(NOON + mailer.patience)) == 0, "its lease still holds"
    later = NOON + mailer.patience + actions.LEASE_MARGIN
    assert actions.send_due(mailer, at(later)) == 1
    assert actions.send_due(mailer, at(later + timedelta(days=1))) == 0
    first, second = mailer.letters
    assert first.message_id == second.message_id
    assert first.message_id.endswith("@omnichat.example>")


def die() -> None:
    raise KeyboardInterrupt


def killed(mailer: ScriptedMailer, moment: datetime) -> None:
    with pytest.raises(KeyboardInterrupt):
        actions.send_due(mailer, at(moment))


def test_a_mail_whose_sender_was_killed_twice_comes_no_third_time_and_is_called_unconfirmed(
    house: Flask, mailer: ScriptedMailer
) -> None:
    write()
    mailer.on_send = die
    killed(mailer, NOON)
    killed(mailer, NOON + timedelta(hours=1))
    mailer.on_send = lambda: None
    assert actions.send_due(mailer, at(NOON + timedelta(hours=2))) == 0
    assert len({one.message_id for one in mailer.letters}) == 1
    assert len(mailer.letters) == 2
    assert row().is_unconfirmed


def test_a_sender_killed_before_it_gave_anything_away_has_sent_nothing_however_often(
    house: Flask, mailer: ScriptedMailer
) -> None:
    write()
    mailer.before = die
    for hour in range(5):
        killed(mailer, NOON + timedelta(hours=hour))
    mailer.before = lambda: None
    assert actions.send_due(mailer, at(NOON + timedelta(hours=6))) == 1
    assert len(mailer.letters) == 1


def test_a_server_that_takes_mails_and_never_says_so_is_given_each_one_twice_at_most(
    house: Flask, mailer: ScriptedMailer
) -> None:
    write()
    mailer.answers = [UNKNOWN] * 100
    for minute in range(0, 12 * 60, 5):
        actions.send_due(mailer, at(NOON + timedelta(minutes=minute)))
    assert len(mailer.letters) == 2
    assert row().is_unconfirmed


def test_a_clear_no_is_no_doubt_and_the_mail_goes_out_later(house: Flask, mailer: ScriptedMailer) -> None:
    write()
    mailer.answers = [UNKNOWN, *[REFUSED] * 5]
    for hour in range(1, 9):
        actions.send_due(mailer, at(NOON + timedelta(hours=2 * hour)))
    assert row().sent_at is not None
    assert len(mailer.letters) == 7


def test_a_refused_mail_waits_and_the_others_go_out(house: Flask, mailer: ScriptedMailer) -> None:
    write("a")
    write("b")
    mailer.answers = [REFUSED]
    assert actions.send_due(mailer, at()) == 1
    assert row("a").sent_at is None
    assert row("a").problem == "SMTPRecipientsRefused 550"
    assert row("a").next_try_at == NOON + timedelta(minutes=1)
    assert row("b").sent_at == NOON


def test_a_server_that_is_down_is_asked_once_a_tick_and_each_time_with_another_mail(
    house: Flask, mailer: ScriptedMailer
) -> None:
    for key in "abc":
        write(key)
    mailer.answers = [DOWN, DOWN]
    assert actions.send_due(mailer, at()) == 0
    assert actions.send_due(mailer, at(NOON + timedelta(seconds=10))) == 0
    assert [letter.message_id for letter in mailer.letters] == [row("a").message_id, row("b").message_id]
    assert actions.send_due(mailer, at(NOON + timedelta(seconds=20))) == 1, "the server is back: what is due goes"
    assert row("c").sent_at is not None


def test_the_problem_is_forgotten_once_the_mail_was_taken(house: Flask, mailer: ScriptedMailer) -> None:
    write()
    mailer.answers = [REFUSED]
    actions.send_due(mailer, at())
    assert actions.send_due(mailer, at(NOON + timedelta(minutes=1))) == 1
    assert row().problem == ""
    assert row().tries == 2


@pytest.mark.parametrize(
    ("answer", "given_up"),
    [(DOWN, False), (REFUSED, True), (UNKNOWN, False)],
)
def test_a_week_of_refusals_is_enough_and_a_server_that_is_down_never_is(
    house: Flask, mailer: ScriptedMailer, answer: MailFailed, given_up: bool
) -> None:
    write()
    mailer.answers = [answer] * 2
    actions.send_due(mailer, at(NOON + LIFE - timedelta(hours=2)))
    assert row().given_up_at is None
    late = NOON + LIFE + timedelta(minutes=1)
    actions.send_due(mailer, at(late))
    assert row().given_up_at == (late if given_up else None)
    assert row().problem == answer.problem
    mailer.answers = []
    assert actions.send_due(mailer, at(late + timedelta(hours=2))) == (not given_up and not row().is_unconfirmed)


def test_times_are_those_of_the_day_the_mail_was_written_in_taipei(house: Flask, mailer: ScriptedMailer) -> None:
    write(locale="en")
    assert NOON.astimezone(UTC).hour == 12
    assert "2026-11-22 20:00 (Taipei time)" in row().text
