"""Nobody holds the database while a mail server takes its time."""

import pytest
from flask import Flask
from sqlalchemy import text

from tests.running import Sandbox
from webapp.core import db
from webapp.core.db import OutsideCallInTransaction
from webapp.mail.gateway import Letter

LETTER = Letter("<1@omnichat.example>", "alice@example.com", "Subject", "Text\n", "<p>Text</p>")


def test_no_mail_is_sent_while_holding_the_database(house: Flask, sandbox: Sandbox) -> None:
    mailer = house.extensions["mailer"]
    db.session().execute(text("SELECT 1"))
    with pytest.raises(OutsideCallInTransaction):
        mailer.send(LETTER, lambda: None)
    assert sandbox.mails() == []
    db.leave()
    mailer.send(LETTER, lambda: None)
    assert [mail["to"] for mail in sandbox.mails()] != []
