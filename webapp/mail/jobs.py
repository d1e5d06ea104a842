"""The room's doors for bells and ticks."""

from flask import Flask, current_app

from webapp.core import clock
from webapp.core.work import Bells
from webapp.mail import actions
from webapp.mail.occasions import Occasions


def register(app: Flask) -> None:
    Occasions(app)
    bells: Bells = app.extensions["bells"]
    bells.on("mail.send", send)


def send(mail_id: int) -> None:
    actions.send(mail_id, current_app.extensions["mailer"], clock.now)


def send_due() -> None:
    actions.send_due(current_app.extensions["mailer"], clock.now)


TICKS = {"mail.send_due": (10, send_due)}
