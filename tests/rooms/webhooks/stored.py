"""Deliveries stored and handled as in real life, and what the database holds then, read afresh."""

from datetime import datetime

from flask import current_app
from sqlalchemy import select

from webapp.core import clock, db
from webapp.inbox.models import Conversation, Message
from webapp.webhooks import actions
from webapp.webhooks.models import Delivery


def store(body: bytes, now: datetime | None = None) -> None:
    current_app.extensions["writer"].store(body, now=now or clock.now())


def handle_due(now: datetime | None = None) -> None:
    while actions.handle_some(now=now or clock.now()):
        pass


def deliveries() -> list[Delivery]:
    db.leave()
    return list(db.session().scalars(select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)))


def messages() -> list[Message]:
    db.leave()
    return list(db.session().scalars(select(Message).order_by(Message.id).execution_options(populate_existing=True)))


def conversations() -> list[Conversation]:
    db.leave()
    return list(
        db.session().scalars(select(Conversation).order_by(Conversation.id).execution_options(populate_existing=True))
    )
