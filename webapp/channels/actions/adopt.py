"""A login becomes the grant of a workspace."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.channels.models import Authorization, Facts, Grant


def adopt(session: Session, trip: Authorization, facts: Facts, now: datetime) -> Grant:
    """Store the login as the grant of the trip's workspace, inside the caller's transaction."""
    renew(session, facts)
    grant = session.scalar(
        select(Grant).where(Grant.workspace_id == trip.workspace_id, Grant.facebook_user_id == facts.facebook_user_id)
    )
    if grant is None:
        grant = Grant(workspace_id=trip.workspace_id)
        session.add(grant)
    grant.take(facts)
    grant.granted_by_id, grant.granted_at = trip.person_id, now
    session.flush()
    return grant


def renew(session: Session, facts: Facts) -> None:
    """Give the user's grants in every workspace the new token: with a dead one they could not tell later why
    a channel was lost. What a workspace may choose from stays as its own login showed it.
    """
    for grant in session.scalars(select(Grant).where(Grant.facebook_user_id == facts.facebook_user_id)):
        grant.user_token, grant.expires_at = facts.user_token, facts.expires_at
        grant.data_access_expires_at = facts.data_access_expires_at
        grant.missing_scopes = facts.missing_scopes
