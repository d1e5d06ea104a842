"""What admins do with the members of their workspace, and what everybody may say of themselves."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.accounts.actions.audit import note
from webapp.accounts.models import Membership, Person, Role, SignIn, Workspace
from webapp.core import db


class LastAdmin(Exception):
    """Without this member nobody could manage the workspace any more."""


def change_role(member: Membership, role: Role, by: Person, *, now: datetime) -> None:
    """Raises LastAdmin."""
    with db.transaction() as session:
        current = _current(session, member)
        if current.role == role:
            return
        if role is not Role.ADMIN:
            _keep_an_admin(session, current)
        current.role = role
        note(session, current.workspace, by, "role_changed", f"{current.person.name} → {role}", now=now)


def disable(member: Membership, by: Person, *, now: datetime) -> None:
    """Shut the member out of this workspace at once; what they wrote stays. Raises LastAdmin."""
    with db.transaction() as session:
        current = _current(session, member)
        if current.disabled_at is not None:
            return
        _keep_an_admin(session, current)
        current.disabled_at = now
        note(session, current.workspace, by, "member_disabled", current.person.name, now=now)


def enable(member: Membership, by: Person, *, now: datetime) -> None:
    with db.transaction() as session:
        current = _current(session, member)
        if current.disabled_at is None:
            return
        current.disabled_at = None
        note(session, current.workspace, by, "member_enabled", current.person.name, now=now)


def sign_out_everywhere(member: Membership, by: Person, *, now: datetime) -> None:
    """End every sign-in of the member, in all browsers."""
    with db.transaction() as session:
        current = _current(session, member)
        end_sign_ins(session, current.person, now)
        note(session, current.workspace, by, "signed_out", current.person.name, now=now)


def end_sign_ins(session: Session, person: Person, now: datetime) -> None:
    session.execute(update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None)).values(ended_at=now))


def describe(person: Person, *, name: str, locale: str) -> None:
    """What somebody says of themselves: how colleagues see them, and the language of their mails."""
    with db.transaction() as session:
        current = session.get_one(Person, person.id, with_for_update=True, populate_existing=True)
        current.name, current.locale = name, locale


def rename(workspace: Workspace, name: str, by: Person, *, now: datetime) -> None:
    with db.transaction() as session:
        current = session.get_one(Workspace, workspace.id, with_for_update=True, populate_existing=True)
        if current.name != name:
            note(session, current, by, "workspace_renamed", f"{current.name} → {name}", now=now)
            current.name = name


def _current(session: Session, member: Membership) -> Membership:
    # The workspace's row is the lock: two admins who demote each other at once take turns.
    session.execute(select(Workspace.id).where(Workspace.id == member.workspace_id).with_for_update())
    return session.get_one(Membership, member.id, populate_existing=True)


def _keep_an_admin(session: Session, member: Membership) -> None:
    others = select(Membership.id).where(
        Membership.workspace_id == member.workspace_id,
        Membership.role == Role.ADMIN,
        Membership.disabled_at.is_(None),
        Membership.id != member.id,
    )
    if member.role == Role.ADMIN and member.disabled_at is None and session.scalar(others.limit(1)) is None:
        raise LastAdmin
