"""Several processes, a real database and a real mail server."""

from datetime import timedelta

from flask import Flask

from config import Config
from tests.people import People
from tests.rooms.mail import senders
from tests.rooms.mail.processes import run
from tests.running import Sandbox
from webapp.core import clock, db
from webapp.mail import actions

MAILS = 30
ACCOUNT = {
    "channel_id": 7,
    "label": "@tea",
    "platform": "messenger",
    "cause": "expired",
    "since": clock.now(),
    "facebook_user": "林小姐",
    "lost": True,
    "reauthorise": True,
}


def write(count: int) -> list[str]:
    with db.transaction() as session:
        found = [
            actions.queue(
                session,
                key=f"occasion/{number}",
                address=f"person{number}@example.com",
                locale="en",
                template="channel_lost",
                now=clock.now() - timedelta(minutes=1),
                person_name="Alice",
                workspace_name="Aurora",
                workspace_slug="aurora",
                accounts=[ACCOUNT],
            )
            for number in range(count)
        ]
    return [mail.message_id for mail in found if mail is not None]


def received(sandbox: Sandbox) -> list[str]:
    return sorted(mail["message_id"] for mail in sandbox.mails())


def test_four_processes_send_each_mail_once(house: Flask, people: People, config: Config, sandbox: Sandbox) -> None:
    written = write(MAILS)
    assert run(4, senders.send_what_is_due, config) == [0, 0, 0, 0]
    assert received(sandbox) == sorted(written)


def test_a_process_killed_between_send_and_record_repeats_its_mail_once_and_under_the_same_name(
    house: Flask, people: People, config: Config, sandbox: Sandbox
) -> None:
    (name,) = write(1)
    assert run(1, senders.send_and_be_killed, config) == [-9]
    assert received(sandbox) == [name]
    assert send_here(house, timedelta(0)) == 0, "the lease of the killed process still holds"
    assert send_here(house, timedelta(minutes=30)) == 1
    assert send_here(house, timedelta(hours=9)) == 0
    assert received(sandbox) == [name, name]


def send_here(house: Flask, later: timedelta) -> int:
    return actions.send_due(house.extensions["mailer"], lambda: clock.now() + later)
