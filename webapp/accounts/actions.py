"""Signing in and out, and the audit log."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.accounts import passwords
from webapp.accounts.models import AuditEntry, Person, SignIn, Workspace
from webapp.accounts.queries import person_by_email
from webapp.core import db
from webapp.core.crypto import fingerprint


class WrongPassword(Exception):
    """Address and password do not belong together; which of the two is wrong is not said."""


class Locked(Exception):
    """Too many wrong passwords; the account opens again by itself."""


def sign_in(email: str, password: str, *, now: datetime) -> tuple[SignIn, str]:
    """Check the password and open a sign-in. Returns it with its key for the cookie."""
    person = person_by_email(email)
    if person and person.is_locked(now):
        raise Locked
    db.leave()
    right = passwords.matches(password, person.password_hash if person else None)
    with db.transaction() as session:
        person = session.get(Person, person.id, with_for_update=True, populate_existing=True) if person else None
        if person is not None and person.is_locked(now):
            # Guesses that came side by side with this one used up the tries while it was being checked.
            raise Locked
        if person is not None and right:
            return _open(session, person, now)
        if person is not None:
            person.gave_wrong_password(now)
    raise WrongPassword


def sign_out(sign_in: SignIn, *, now: datetime) -> None:
    """End the sign-in: a copied cookie is worth nothing afterwards."""
    with db.transaction() as session:
        found = session.get(SignIn, sign_in.id, populate_existing=True)
        if found is not None:
            found.ended_at = now


def note(
    session: Session, workspace: Workspace, person: Person | None, action: str, subject: str, *, now: datetime
) -> None:
    """A line in the audit log, inside the transaction of what it tells of."""
    session.add(
        AuditEntry(
            workspace_id=workspace.id,
            at=now,
            person_id=person.id if person else None,
            action=action,
            subject=subject,
        )
    )


def _open(session: Session, person: Person, now: datetime) -> tuple[SignIn, str]:
    person.gave_right_password()
    key = secrets.token_urlsafe(32)
    opened = SignIn(person=person, key_hash=fingerprint(key), began_at=now)
    session.add(opened)
    return opened, key
