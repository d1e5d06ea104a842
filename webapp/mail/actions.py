"""The outbox: mails are written into rows, and sent from there until the server takes them."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import make_msgid
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.core import db
from webapp.core.crypto import Secret, opened
from webapp.mail.gateway import Letter, Mailer, MailFailed
from webapp.mail.models import OutgoingMail
from webapp.mail.occasions import Occasions
from webapp.mail.queries import waits
from webapp.mail.rendering import render
from webapp.mail.rules import is_hopeless, next_try

log = logging.getLogger("webapp.mail")

# Stands in a written mail where a secret goes. The secret itself is sealed beside it, and put in on the way out.
SECRET_HERE = "SECRET-OF-THIS-MAIL"
# On top of the longest send, so that a slow one is never mistaken for a dead one.
LEASE_MARGIN = timedelta(seconds=30)


def queue(
    session: Session,
    *,
    key: str,
    address: str,
    locale: str,
    template: str,
    now: datetime,
    secret: Secret | None = None,
    **context: Any,
) -> OutgoingMail | None:
    """Write a mail inside the caller's transaction. None when this occasion (`key`) has its mail already.

    `secret` takes the place of SECRET_HERE in the text when the mail is sent, and is forgotten then.
    """
    if session.scalar(select(OutgoingMail.id).where(OutgoingMail.key == key)):
        return None
    mailer: Mailer = current_app.extensions["mailer"]
    written = render(template, locale, context)
    mail = OutgoingMail(
        key=key,
        message_id=make_msgid(domain=mailer.domain),
        address=address,
        subject=written.subject,
        text=written.text,
        html=written.html,
        secret=secret,
        written_at=now,
        next_try_at=now,
    )
    try:
        with session.begin_nested():
            session.add(mail)
    except IntegrityError:
        return None
    db.ring_after_commit("mail.send", mail.id)
    return mail


def send_due(mailer: Mailer, now: Callable[[], datetime]) -> int:
    """Send every due mail; returns how many the server took. `now` is the clock: sending takes its time.

    Ends early when the server is down: the rest stays due, and the next tick asks with another mail, so that
    one on which the server breaks down holds nobody up.
    """
    taken = 0
    while (mail := _book(_due(now()), mailer, now())) is not None:
        try:
            taken += _deliver(mail, mailer, now)
        except ServerDown:
            break
    return taken


def send(mail_id: int, mailer: Mailer, now: Callable[[], datetime]) -> None:
    """Send one mail, if it is due and nobody else is at it."""
    mail = _book(and_(OutgoingMail.id == mail_id, _due(now())), mailer, now())
    if mail is None:
        return
    try:
        _deliver(mail, mailer, now)
    except ServerDown:
        log.warning("the mail server is down, mail %s waits", mail_id)


class ServerDown(Exception):
    """The mail is put off, and others would not fare better now."""


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(waits(), OutgoingMail.next_try_at <= now)


def _book(which: ColumnElement[bool], mailer: Mailer, now: datetime) -> OutgoingMail | None:
    """Take one mail: until the lease ends no other process does."""
    first = (
        select(OutgoingMail.id)
        .where(which)
        .order_by(OutgoingMail.next_try_at, OutgoingMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    with db.transaction() as session:
        return session.scalar(
            update(OutgoingMail)
            .where(OutgoingMail.id.in_(select(first.c.id)))
            .values(next_try_at=now + mailer.patience + LEASE_MARGIN, tries=OutgoingMail.tries + 1)
            .returning(OutgoingMail),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )


def _deliver(mail: OutgoingMail, mailer: Mailer, now: Callable[[], datetime]) -> bool:
    """Give a booked mail to the server and record what came of it. One that tells of nothing any more stays here.

    Whoever dies before `_mark` has sent nothing, and the mail is tried again as often as it takes; whoever dies after
    it may have, and it is tried once more.
    """
    if _is_over(mail, now()):
        return False
    unknown_before = mail.unknown
    try:
        mailer.send(_letter(mail), partial(_mark, mail.id))
    except MailFailed as error:
        _put_off(mail, error, unknown_before, now())
        if error.server_down:
            raise ServerDown from None
        return False
    with db.transaction() as session:
        sent = session.get_one(OutgoingMail, mail.id, with_for_update=True, populate_existing=True)
        sent.sent_at, sent.problem, sent.secret = now(), "", None
    return True


def _is_over(mail: OutgoingMail, now: datetime) -> bool:
    occasions: Occasions = current_app.extensions["occasions"]
    over = occasions.is_over(mail.key, now)
    db.leave()
    if over:
        with db.transaction() as session:
            session.get_one(OutgoingMail, mail.id, with_for_update=True, populate_existing=True).withdraw(now)
    return over


def _mark(mail_id: int) -> None:
    with db.transaction() as session:
        session.execute(
            update(OutgoingMail).where(OutgoingMail.id == mail_id).values(unknown=OutgoingMail.unknown + 1),
            execution_options={"synchronize_session": False},
        )


def _letter(mail: OutgoingMail) -> Letter:
    text, html = mail.text, mail.html
    if mail.secret is not None:
        secret = opened(mail.secret)
        if secret is None:
            raise MailFailed("no key of TOKEN_KEYS opens the secret of this mail", server_down=False)
        text, html = (part.replace(SECRET_HERE, secret.reveal()) for part in (text, html))
    return Letter(mail.message_id, mail.address, mail.subject, text, html)


def _put_off(mail: OutgoingMail, error: MailFailed, unknown_before: int, now: datetime) -> None:
    log.warning("mail %s was not taken at try %s: %s", mail.id, mail.tries, error.problem)
    with db.transaction() as session:
        waiting = session.get_one(OutgoingMail, mail.id, with_for_update=True, populate_existing=True)
        waiting.problem = error.problem
        if not error.unknown:
            waiting.unknown = unknown_before
        if not error.unknown and is_hopeless(waiting.written_at, server_down=error.server_down, now=now):
            waiting.given_up_at, waiting.secret = now, None
        waiting.next_try_at = next_try(waiting.tries, server_down=error.server_down, unknown=error.unknown, now=now)
