"""Reads of the room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, exists, func, select
from sqlalchemy.orm import contains_eager, lazyload

from webapp.accounts.models import (
    AuditEntry,
    DoorLink,
    LinkKind,
    LinkState,
    Membership,
    OneTimeLink,
    Person,
    SignIn,
    Workspace,
)
from webapp.accounts.rules import Right, roles_with
from webapp.core import clock, db
from webapp.core.crypto import fingerprint

# Every page begins with it: built once, as building it takes longer than the database does.
_SIGN_IN = (
    select(SignIn, Membership)
    .join(SignIn.person)
    .outerjoin(Membership, and_(Membership.person_id == SignIn.person_id, Membership.disabled_at.is_(None)))
    .outerjoin(Membership.workspace)
    .where(SignIn.key_hash == bindparam("key_hash"))
    .order_by(Workspace.name, Workspace.id)
    .options(contains_eager(SignIn.person), contains_eager(Membership.workspace), lazyload(Membership.person))
)


def live_sign_in(key: str) -> tuple[SignIn, list[Membership]] | None:
    """A browser that is signed in, its person, and the person's live places by the name of the workspace: what every
    page begins with, in one question.
    """
    rows = db.session().execute(_SIGN_IN, {"key_hash": fingerprint(key)}).all()
    if not rows or not rows[0].SignIn.is_live(clock.now()):
        return None
    return rows[0].SignIn, [row.Membership for row in rows if row.Membership is not None]


def person_by_email(email: str) -> Person | None:
    return db.session().scalar(select(Person).where(Person.email == email.strip().lower()))


def memberships(person: Person) -> list[Membership]:
    """The person's live places, by the name of the workspace."""
    return list(
        db.session().scalars(
            select(Membership)
            .join(Membership.workspace)
            .where(Membership.person_id == person.id, Membership.disabled_at.is_(None))
            .order_by(Workspace.name, Workspace.id)
        )
    )


def members_with(workspace: Workspace, right: Right) -> list[Membership]:
    """Live members whose role has the right, admins first."""
    wanted = select(Membership).join(Membership.person).where(*_has(workspace, right)).order_by(Membership.id)
    return sorted(db.session().scalars(wanted), key=lambda one: one.role != "admin")


def how_many_with(workspace: Workspace, right: Right) -> ScalarSelect[int]:
    """The number of them, for a question of somebody else."""
    return select(func.count(Membership.id)).where(*_has(workspace, right)).scalar_subquery()


def _has(workspace: Workspace, right: Right) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.workspace_id == workspace.id,
        Membership.disabled_at.is_(None),
        Membership.role.in_(roles_with(right)),
    )


def is_allowed(workspace: Workspace, person_id: int, right: Right) -> bool:
    """Whether the person is a live member whose role has the right, as the rows say now."""
    live = exists().where(
        Membership.workspace_id == workspace.id,
        Membership.person_id == person_id,
        Membership.disabled_at.is_(None),
        Membership.role.in_(roles_with(right)),
    )
    return bool(db.session().scalar(select(live)))


@dataclass(frozen=True, slots=True)
class Colleague:
    member: Membership
    seen_at: datetime | None  # when they last signed in


def colleagues(workspace: Workspace) -> list[Colleague]:
    """Every member, disabled ones last, with their latest sign-in."""
    latest = select(func.max(SignIn.began_at)).where(SignIn.person_id == Membership.person_id).scalar_subquery()
    found = db.session().execute(
        select(Membership, latest)
        .join(Membership.person)
        .where(Membership.workspace_id == workspace.id)
        .order_by(Membership.disabled_at.isnot(None), Person.name, Membership.id)
    )
    return [Colleague(member, at) for member, at in found]


def member_of(workspace: Workspace, member_id: int) -> Membership | None:
    return db.session().scalar(
        select(Membership).where(Membership.id == member_id, Membership.workspace_id == workspace.id)
    )


def waiting_invitations(workspace: Workspace, now: datetime) -> Sequence[DoorLink]:
    return (
        db.session()
        .scalars(
            select(DoorLink)
            .where(
                DoorLink.workspace_id == workspace.id,
                DoorLink.kind == LinkKind.INVITATION,
                DoorLink.are_open(now),
            )
            .order_by(DoorLink.id.desc())
        )
        .all()
    )


def invitation_of(workspace: Workspace, link_id: int) -> DoorLink | None:
    return db.session().scalar(select(DoorLink).where(DoorLink.id == link_id, DoorLink.workspace_id == workspace.id))


def door_link(token: str, kind: LinkKind) -> DoorLink | None:
    return db.session().scalar(select(DoorLink).where(DoorLink.token_hash == fingerprint(token), DoorLink.kind == kind))


AUDIT_PAGE = 50


def audit_entries(workspace: Workspace, before: int | None) -> tuple[Sequence[AuditEntry], int | None]:
    """Newest first, at most AUDIT_PAGE; with the id to go on from, if there are more."""
    asked = select(AuditEntry).where(AuditEntry.workspace_id == workspace.id)
    if before is not None:
        asked = asked.where(AuditEntry.id < before)
    found = db.session().scalars(asked.order_by(AuditEntry.id.desc()).limit(AUDIT_PAGE + 1)).all()
    page = found[:AUDIT_PAGE]
    return page, page[-1].id if len(found) > AUDIT_PAGE else None


def workspace_named(slug: str) -> Workspace | None:
    return db.session().scalar(select(Workspace).where(Workspace.slug == slug))


def is_closed(kind: type[OneTimeLink], link_id: str, now: datetime) -> bool:
    """Whether a mailed link does nothing any more: it ran out, was used or taken back, or another took its place."""
    link = db.session().get(kind, int(link_id), populate_existing=True)
    return link is None or link.state(now) is not LinkState.OPEN
