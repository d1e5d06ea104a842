"""Signing in and out."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.accounts import passwords, tries
from webapp.accounts.models import Person, SignIn
from webapp.accounts.queries import person_by_email
from webapp.accounts.rules import limits
from webapp.core import db
from webapp.core.crypto import fingerprint


class WrongPassword(Exception):
    """Address and password do not belong together; which of the two is wrong is not said."""


class Locked(Exception):
    """Too many passwords were tried; says how long to wait. Told alike of addresses that nobody has."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(str(wait))
        self.wait = wait


def sign_in(email: str, password: str, *, client: str | None, device: str | None, now: datetime) -> tuple[SignIn, str]:
    """Check the password and open a sign-in. Returns it with its key for the cookie.

    `client` is the network address that asks, `device` a browser that this address has used before.
    The try is counted before it is checked: guesses side by side are as many as guesses one by one.
    """
    counted = limits(email.strip().lower(), client, device)
    with db.transaction() as session:
        wait = tries.count(session, counted, now=now)
    if wait:
        raise Locked(wait)
    person = person_by_email(email)
    db.leave()
    if not passwords.matches(password, person.password_hash if person else None) or person is None:
        raise WrongPassword
    with db.transaction() as session:
        tries.forgive(session, counted)
        return _open(session, session.get_one(Person, person.id, populate_existing=True), now)


def sign_out(sign_in: SignIn, *, now: datetime) -> None:
    """End the sign-in: a copied cookie is worth nothing afterwards."""
    with db.transaction() as session:
        found = session.get(SignIn, sign_in.id, populate_existing=True)
        if found is not None:
            found.ended_at = now


def _open(session: Session, person: Person, now: datetime) -> tuple[SignIn, str]:
    key = secrets.token_urlsafe(32)
    opened = SignIn(person=person, key_hash=fingerprint(key), began_at=now)
    session.add(opened)
    return opened, key
