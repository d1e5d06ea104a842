"""What a child process of these tests does: sends what is due, and may be killed at the worst moment."""

import os
import signal
from multiprocessing.synchronize import Barrier

from config import Config
from webapp.app import create_app
from webapp.core import clock
from webapp.mail import actions
from webapp.mail.gateway import Handing, Letter, SmtpMailer


class KilledAfterSending(SmtpMailer):
    """The server has the mail, and the process ends before it can write that down."""

    def send(self, letter: Letter, handing: Handing) -> None:
        super().send(letter, handing)
        os.kill(os.getpid(), signal.SIGKILL)


def send_and_be_killed(config: Config, ready: Barrier) -> None:
    app = create_app(config)
    with app.app_context():
        ready.wait(60)
        actions.send_due(KilledAfterSending(app, config), clock.now)


def send_what_is_due(config: Config, ready: Barrier) -> None:
    app = create_app(config)
    with app.app_context():
        ready.wait(60)
        actions.send_due(SmtpMailer(app, config), clock.now)
