"""Reads of the room. Of a workspace, except where a webhook or the sweep asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import defer, joinedload

from webapp.accounts.models import Person, SignIn, Workspace
from webapp.accounts.queries import memberships
from webapp.channels import listing
from webapp.channels.coverage import CUTS_OFF
from webapp.channels.listing import URGENCY
from webapp.channels.models import (
    Authorization,
    Channel,
    DataDeletion,
    Grant,
    Incident,
    Notice,
    PendingGrant,
    StatusChange,
)
from webapp.channels.models.pending import KEPT
from webapp.channels.offers import Held
from webapp.channels.status import Status
from webapp.core import db
from webapp.mail.models import OutgoingMail

# What is shown of a channel, in the same query.
SHOWN = (joinedload(Channel.workspace), joinedload(Channel.grant), joinedload(Channel.connected_by))


def held(workspace: Workspace) -> list[Channel]:
    """Channels that are connected or should be, broken ones first."""
    return list(
        db.session().scalars(
            select(Channel)
            .where(Channel.workspace_id == workspace.id, Channel.status != Status.DISCONNECTED)
            .order_by(URGENCY, Channel.connected_at.desc(), Channel.id)
        )
    )


def disconnected(workspace: Workspace, platform: str) -> list[Channel]:
    return list(
        db.session().scalars(
            select(Channel)
            .options(*SHOWN)
            .where(
                Channel.workspace_id == workspace.id,
                Channel.platform == platform,
                Channel.status == Status.DISCONNECTED,
            )
            .order_by(Channel.status_since.desc())
        )
    )


def channel(workspace: Workspace, channel_id: int) -> Channel | None:
    return db.session().scalar(
        select(Channel).options(*SHOWN).where(Channel.workspace_id == workspace.id, Channel.id == channel_id)
    )


def holder(platform: str, external_id: str) -> Channel | None:
    """The channel that holds an account, in whichever workspace: for deliveries."""
    return db.session().scalar(
        select(Channel).where(
            Channel.platform == platform,
            Channel.external_id == external_id,
            Channel.status != Status.DISCONNECTED,
        )
    )


def held_by_page(page_id: str) -> list[Channel]:
    """Channels of every workspace that live on a Page's one subscription."""
    return list(
        db.session().scalars(select(Channel).where(Channel.page_id == page_id, Channel.status != Status.DISCONNECTED))
    )


def held_accounts(workspace: Workspace, external_ids: Sequence[str]) -> Held:
    """Which of these accounts are taken, here or elsewhere, and how many more the plan allows."""
    rows = db.session().execute(
        select(Channel.platform, Channel.external_id, Channel.workspace_id).where(
            Channel.status != Status.DISCONNECTED, Channel.external_id.in_(external_ids)
        )
    )
    here: set[tuple[str, str]] = set()
    elsewhere: set[tuple[str, str]] = set()
    for platform, external_id, workspace_id in rows:
        (here if workspace_id == workspace.id else elsewhere).add((platform, external_id))
    return Held(frozenset(here), frozenset(elsewhere), room_left(workspace))


def room_left(workspace: Workspace) -> int:
    """How many more accounts the plan allows; negative where it has become smaller."""
    held_here = (Channel.workspace_id == workspace.id, Channel.status != Status.DISCONNECTED)
    count = db.session().scalar(select(func.count()).select_from(Channel).where(*held_here))
    return workspace.channel_limit - (count or 0)


def version(found: Channel, now: datetime) -> str:
    """A short name for what one channel's page shows, as of the list (listing.py)."""
    return listing.name((found.revision, found.checked_at, found.verdict_at, found.is_stale(now)), now)


def other_user(workspace: Workspace, facebook_user_id: str) -> Grant | None:
    """The grant of another Facebook user under which the workspace already has channels."""
    return db.session().scalar(
        select(Grant)
        .join(Channel, Channel.grant_id == Grant.id)
        .where(
            Channel.workspace_id == workspace.id,
            Channel.status != Status.DISCONNECTED,
            Grant.facebook_user_id != facebook_user_id,
        )
        .limit(1)
    )


def channels_of_grant(grant: Grant) -> list[Channel]:
    return list(
        db.session().scalars(select(Channel).where(Channel.grant_id == grant.id, Channel.status != Status.DISCONNECTED))
    )


def channels_of_user(facebook_user_id: str) -> list[Channel]:
    """Held channels that live on a Facebook user's authorisation, in every workspace."""
    return list(
        db.session().scalars(
            select(Channel)
            .join(Channel.grant)
            .where(Grant.facebook_user_id == facebook_user_id, Channel.status != Status.DISCONNECTED)
            .order_by(Channel.id)
            .execution_options(populate_existing=True)
        )
    )


@dataclass(frozen=True, slots=True)
class CutOff:
    """Channels that a login left without authorisation, as far as the reader may know of them.

    `elsewhere` are those of other workspaces that the reader belongs to, `unseen` counts the rest.
    """

    here: list[Channel]
    elsewhere: list[Channel]
    unseen: int

    def __len__(self) -> int:
        return len(self.here) + len(self.elsewhere) + self.unseen


def cut_off(trip: Authorization, reader: Person) -> CutOff:
    """What the trip's login cut off and nothing has put back since."""
    found = db.session().scalars(
        select(Channel)
        .options(joinedload(Channel.workspace))
        .where(Channel.id.in_(trip.cut_off), Channel.status == Status.LOST, Channel.cause.in_(CUTS_OFF))
        .order_by(Channel.workspace_id, Channel.id)
    )
    places = {one.workspace_id for one in memberships(reader)}
    here, elsewhere, unseen = [], [], 0
    for one in found:
        if one.workspace_id == trip.workspace_id:
            here.append(one)
        elif one.workspace_id in places:
            elsewhere.append(one)
        else:
            unseen += 1
    return CutOff(here, elsewhere, unseen)


def pending(trip: Authorization, now: datetime) -> PendingGrant | None:
    """The refused login of a trip, while it is still kept."""
    return db.session().scalar(
        select(PendingGrant).where(PendingGrant.authorization_id == trip.id, PendingGrant.arrived_at > now - KEPT)
    )


def authorization(workspace: Workspace, name: str) -> Authorization | None:
    """A trip through the dialog, with its grant and channel."""
    return db.session().scalar(
        select(Authorization)
        .options(joinedload(Authorization.grant), joinedload(Authorization.channel))
        .where(Authorization.workspace_id == workspace.id, Authorization.name == name)
    )


def newest_authorization(workspace: Workspace, sign_in: SignIn, after: int) -> Authorization | None:
    """The latest trip that this browser began after the one named: what a waiting page waits for."""
    return db.session().scalar(
        select(Authorization)
        .where(
            Authorization.workspace_id == workspace.id,
            Authorization.sign_in_id == sign_in.id,
            Authorization.id > after,
        )
        .order_by(Authorization.id.desc())
        .limit(1)
    )


def last_authorization_id(sign_in: SignIn) -> int:
    found = db.session().scalar(select(func.max(Authorization.id)).where(Authorization.sign_in_id == sign_in.id))
    return found or 0


def revived(workspace: Workspace, at: datetime) -> int:
    """How many of the workspace's lost channels a login at this moment has revived."""
    changes = select(func.count()).select_from(StatusChange).join(Channel, Channel.id == StatusChange.channel_id)
    lost_to_connected = and_(StatusChange.was == Status.LOST, StatusChange.became == Status.CONNECTED)
    here = and_(Channel.workspace_id == workspace.id, StatusChange.at == at, StatusChange.noticed_by == "authorization")
    return db.session().scalar(changes.where(here, lost_to_connected)) or 0


def history(found: Channel, limit: int = 100) -> list[StatusChange]:
    """Changes of state with who made them, newest first."""
    return list(
        db.session().scalars(
            select(StatusChange)
            .options(joinedload(StatusChange.person))
            .where(StatusChange.channel_id == found.id)
            .order_by(StatusChange.at.desc(), StatusChange.id.desc())
            .limit(limit)
        )
    )


def incidents(found: Channel, limit: int = 20) -> list[Incident]:
    """The newest first, with who was told and what became of their mails."""
    notices = joinedload(Incident.notices)
    return list(
        db.session()
        .scalars(
            select(Incident)
            .options(
                notices.joinedload(Notice.person),
                notices.joinedload(Notice.mail).options(defer(OutgoingMail.text), defer(OutgoingMail.html)),
            )
            .where(Incident.channel_id == found.id)
            .order_by(Incident.opened_at.desc())
            .limit(limit)
        )
        .unique()
    )


def data_deletion(code: str) -> DataDeletion | None:
    return db.session().scalar(select(DataDeletion).where(DataDeletion.code == code))
