"""The audit log."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.accounts.models import AuditEntry, Person, Workspace


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
