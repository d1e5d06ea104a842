"""A mailer that answers as the test says, in place of the real one."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask

from webapp.mail.gateway import Handing, Letter, MailFailed


class ScriptedMailer:
    """Takes every letter, except where `answers` holds a failure for its turn; `on_send` runs while it "sends",
    `before` while nothing is given away yet.
    """

    patience = timedelta(seconds=60)
    domain = "omnichat.example"

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.answers: list[MailFailed | None] = []
        self.on_send: Callable[[], None] = lambda: None
        self.before: Callable[[], None] = lambda: None

    def send(self, letter: Letter, handing: Handing) -> None:
        self.before()
        handing()
        self.letters.append(letter)
        self.on_send()
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer


@pytest.fixture
def mailer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedMailer]:
    scripted = ScriptedMailer()
    monkeypatch.setitem(app.extensions, "mailer", scripted)
    return scripted
