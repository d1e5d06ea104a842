"""A login becomes the grant of a workspace."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.accounts.models import AuditEntry, Workspace
from webapp.channels.actions.refresh import subject_of
from webapp.channels.coverage import cover
from webapp.channels.models import Authorization, Channel, Facts, Grant, Outcome
from webapp.channels.status import Status

# Lines of the audit log whose subject is a Facebook user, and ends of a trip that name one.
_ABOUT_USERS = ("authorized", "moved", "started_again")
_NAMES_USER = (Outcome.OTHER_USER, Outcome.OTHER_ACCOUNT)


def adopt(session: Session, trip: Authorization, facts: Facts, now: datetime) -> Grant:
    """Store the login as the grant of the trip's workspace, inside the caller's transaction."""
    # One at a time in a workspace: Facebook may answer two members about the same user in one moment.
    session.get_one(Workspace, trip.workspace_id, with_for_update={"key_share": True}, populate_existing=True)
    renew(session, facts)
    grant = session.scalar(
        select(Grant).where(Grant.workspace_id == trip.workspace_id, Grant.facebook_user_id == facts.facebook_user_id)
    )
    if grant is None:
        grant = Grant(workspace_id=trip.workspace_id)
        session.add(grant)
    elif grant.facebook_user_name != facts.facebook_user_name:
        # Else nobody would find the old name when the person wants their data deleted.
        rename(session, [trip.workspace_id], grant.facebook_user_name, facts.facebook_user_name)
    grant.take(facts)
    grant.granted_by_id, grant.granted_at = trip.person_id, now
    session.flush()
    _take_in(session, grant, facts)
    return grant


def renew(session: Session, facts: Facts) -> None:
    """Give the user's grants in every workspace the new token: with a dead one they could not tell later why
    a channel was lost. What a workspace may choose from stays as its own login showed it.
    """
    for grant in session.scalars(select(Grant).where(Grant.facebook_user_id == facts.facebook_user_id)):
        grant.user_token, grant.expires_at = facts.user_token, facts.expires_at
        grant.data_access_expires_at = facts.data_access_expires_at
        grant.missing_scopes = facts.missing_scopes


def rename(session: Session, workspace_ids: Iterable[int], name: str, new: str) -> None:
    """Call a Facebook user otherwise in all that these workspaces keep written."""
    places = list(workspace_ids)
    quietly = {"synchronize_session": False}
    lines = update(AuditEntry).where(AuditEntry.workspace_id.in_(places), AuditEntry.action.in_(_ABOUT_USERS))
    session.execute(lines.where(AuditEntry.subject == name).values(subject=new), execution_options=quietly)
    trips = update(Authorization).where(
        Authorization.workspace_id.in_(places), Authorization.outcome.in_(_NAMES_USER), Authorization.detail == name
    )
    session.execute(trips.values(detail=new), execution_options=quietly)


def _take_in(session: Session, grant: Grant, facts: Facts) -> None:
    """Channels whose Facebook user had their data deleted belong to whoever covers them next."""
    nobodys = session.scalars(
        select(Channel)
        .where(
            Channel.workspace_id == grant.workspace_id,
            Channel.grant_id.is_(None),
            Channel.status != Status.DISCONNECTED,
        )
        .order_by(Channel.id)
        .with_for_update(of=Channel)
        .execution_options(populate_existing=True)
    )
    for channel in nobodys:
        found = cover(subject_of(channel), facts.offers, facts.missing_scopes)
        if found.reason is None and found.page_id == channel.page_id:
            channel.grant_id = grant.id
