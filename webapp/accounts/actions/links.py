"""Links that open the door: to join a workspace, or to choose a new password. They go out by mail alone."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from webapp.accounts import passwords, tries
from webapp.accounts.actions.audit import note
from webapp.accounts.actions.members import end_sign_ins
from webapp.accounts.models import (
    INVITATION_LIFE,
    PASSWORD_LINK_LIFE,
    DoorLink,
    LinkClosed,
    LinkKind,
    LinkState,
    Membership,
    Person,
    Role,
    Workspace,
)
from webapp.accounts.rules import mail_limits, password_link_limits
from webapp.core import db
from webapp.core.crypto import Secret, fingerprint
from webapp.mail import actions as mail

# Nobody invites more at a time, and the mail server is not taken for a spammer's.
OPEN_AT_MOST = 50
# Nobody means to invite the same person twice so soon.
TWICE = timedelta(seconds=10)


class AlreadyMember(Exception):
    """The address belongs to a member, perhaps a disabled one."""


class TooManyInvitations(Exception):
    """OPEN_AT_MOST invitations of the workspace wait already."""


class JustInvited(Exception):
    """The very same invitation went out a moment ago: the button was pressed twice."""


class InvitedTooOften(Exception):
    """The address had MAILS_TO_ONE_ADDRESS within the hour."""


def invite(
    workspace: Workspace, email: str, role: Role, locale: str, by: Person | None, *, now: datetime
) -> tuple[DoorLink, Secret]:
    """Mail an invitation; an older one to the same address ends. Returns it with its token.

    Raises AlreadyMember, JustInvited, InvitedTooOften and TooManyInvitations.
    """
    with db.transaction() as session:
        session.execute(select(Workspace.id).where(Workspace.id == workspace.id).with_for_update())
        if session.scalar(_memberships_of(workspace, email)):
            raise AlreadyMember
        same = (*_open_invitations(workspace, now), DoorLink.email == email)
        if session.scalar(select(DoorLink.id).where(*same, DoorLink.role == role, DoorLink.created_at > now - TWICE)):
            raise JustInvited
        if tries.count(session, mail_limits(workspace.id, "invitation", email), now=now):
            raise InvitedTooOften
        session.execute(update(DoorLink).where(*same).values(revoked_at=now))
        waiting = select(func.count()).select_from(DoorLink).where(*_open_invitations(workspace, now))
        if (session.scalar(waiting) or 0) >= OPEN_AT_MOST:
            raise TooManyInvitations
        link, token = _link(session, LinkKind.INVITATION, email, INVITATION_LIFE, by, now)
        link.workspace_id, link.role = workspace.id, role
        note(session, workspace, by, "invited", f"{email} → {role}", now=now)
        _mail(session, link, "invitation", locale, token, now, workspace_name=workspace.name, inviter=by and by.name)
        return link, token


def revoke_invitation(link: DoorLink, by: Person, *, now: datetime) -> bool:
    """False when it had ended already."""
    with db.transaction() as session:
        current = session.get_one(DoorLink, link.id, with_for_update=True, populate_existing=True)
        if current.state(now) is not LinkState.OPEN or current.workspace is None:
            return False
        current.revoked_at = now
        note(session, current.workspace, by, "invitation_revoked", current.email, now=now)
        return True


def join(token: str, *, name: str, password: str, locale: str, now: datetime) -> Workspace:
    """Use an invitation. Somebody new gets an account; for everybody else the last three are left alone.

    Raises LinkClosed.
    """
    password_hash = passwords.hashed(password) if password else ""
    with db.transaction() as session:
        link = _spend(session, token, LinkKind.INVITATION, now)
        person = session.scalar(select(Person).where(Person.email == link.email))
        if person is None:
            person = Person(email=link.email, name=name, password_hash=password_hash, locale=locale)
            session.add(person)
            session.flush()
        workspace = session.get_one(Workspace, link.workspace_id)
        if session.scalar(_memberships_of(workspace, link.email)) is None:
            session.add(Membership(person_id=person.id, workspace_id=workspace.id, role=link.role or Role.AGENT))
            note(session, workspace, person, "joined", f"{person.name} → {link.role}", now=now)
        return workspace


def mail_password_link(email: str, *, client: str | None, now: datetime) -> None:
    """Mail a link to choose a new password, if anybody has this address. Whether somebody has is told to nobody."""
    with db.transaction() as session:
        if tries.count(session, password_link_limits(email, client), now=now):
            return
        person = session.scalar(select(Person).where(Person.email == email))
        name, locale = (person.name, person.locale) if person is not None else ("", "")
        # A mail to nobody is written too, and thrown away: it takes as long.
        written = session.begin_nested()
        link, token = _link(session, LinkKind.PASSWORD, email, PASSWORD_LINK_LIFE, None, now)
        _mail(session, link, "password", locale, token, now, name=name)
        if person is None:
            written.rollback()
        else:
            written.commit()


def choose_password(token: str, password: str, *, now: datetime) -> Person:
    """Use a password link: the new password counts, and every open sign-in ends. Raises LinkClosed."""
    password_hash = passwords.hashed(password)
    with db.transaction() as session:
        link = _spend(session, token, LinkKind.PASSWORD, now)
        person = session.scalars(select(Person).where(Person.email == link.email).with_for_update()).one()
        person.password_hash = password_hash
        end_sign_ins(session, person, now)
        others = (DoorLink.email == link.email, DoorLink.kind == LinkKind.PASSWORD, DoorLink.used_at.is_(None))
        session.execute(update(DoorLink).where(*others).values(revoked_at=now))
        return person


def _link(
    session: Session, kind: LinkKind, email: str, life: timedelta, by: Person | None, now: datetime
) -> tuple[DoorLink, Secret]:
    token = secrets.token_urlsafe(32)
    link = DoorLink(
        token_hash=fingerprint(token),
        kind=kind,
        email=email,
        created_by_id=by.id if by else None,
        created_at=now,
        expires_at=now + life,
    )
    session.add(link)
    session.flush()
    return link, Secret(token)


def _spend(session: Session, token: str, kind: LinkKind, now: datetime) -> DoorLink:
    found = select(DoorLink).where(DoorLink.token_hash == fingerprint(token), DoorLink.kind == kind)
    link = session.scalar(found.with_for_update())
    if link is None:
        raise LinkClosed
    link.spend(now)
    return link


def _mail(
    session: Session, link: DoorLink, template: str, locale: str, token: Secret, now: datetime, **words: object
) -> None:
    mail.queue(
        session,
        key=f"door-link/{link.id}",
        address=link.email,
        locale=locale,
        template=template,
        now=now,
        secret=token,
        token=mail.SECRET_HERE,
        expires_at=link.expires_at,
        **words,
    )


def _memberships_of(workspace: Workspace, email: str) -> Select[int]:
    return (
        select(Membership.id)
        .join(Membership.person)
        .where(Membership.workspace_id == workspace.id, Person.email == email)
    )


def _open_invitations(workspace: Workspace, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        DoorLink.workspace_id == workspace.id,
        DoorLink.kind == LinkKind.INVITATION,
        DoorLink.are_open(now),
    )
