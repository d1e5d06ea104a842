"""What the database holds, read afresh."""

from sqlalchemy import select

from webapp.core import db
from webapp.inbox.models import Conversation, Message
from webapp.webhooks.models import Delivery


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
