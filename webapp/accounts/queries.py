"""Reads of the room."""

from sqlalchemy import select

from webapp.accounts.models import Membership, Person, SignIn, Workspace
from webapp.accounts.rules import Right, roles_with
from webapp.core import clock, db
from webapp.core.crypto import fingerprint


def live_sign_in(key: str) -> SignIn | None:
    found = db.session().scalar(select(SignIn).where(SignIn.key_hash == fingerprint(key)))
    return found if found and found.is_live(clock.now()) else None


def person_by_email(email: str) -> Person | None:
    return db.session().scalar(select(Person).where(Person.email == email.strip().lower()))


def membership(person: Person, slug: str) -> Membership | None:
    """The person's live place in a workspace."""
    return db.session().scalar(
        select(Membership)
        .join(Membership.workspace)
        .where(Membership.person_id == person.id, Workspace.slug == slug, Membership.disabled_at.is_(None))
    )


def memberships(person: Person) -> list[Membership]:
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
    found = db.session().scalars(
        select(Membership)
        .join(Membership.person)
        .where(
            Membership.workspace_id == workspace.id,
            Membership.disabled_at.is_(None),
            Membership.role.in_(roles_with(right)),
        )
        .order_by(Membership.id)
    )
    return sorted(found, key=lambda one: one.role != "admin")
