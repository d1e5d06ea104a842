"""Reads about repair links, and about the trips of those who hold one."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.accounts.models import Workspace
from webapp.channels.models import Authorization, Channel, RepairLink
from webapp.core import db
from webapp.core.crypto import fingerprint

_WHOLE = (
    joinedload(RepairLink.workspace),
    joinedload(RepairLink.created_by),
    joinedload(RepairLink.channel).joinedload(Channel.grant),
)


def links_of(channel: Channel, limit: int = 10) -> list[RepairLink]:
    """The channel's links, newest first."""
    return list(
        db.session().scalars(
            select(RepairLink)
            .options(*_WHOLE)
            .where(RepairLink.channel_id == channel.id)
            .order_by(RepairLink.id.desc())
            .limit(limit)
        )
    )


def link(workspace: Workspace, channel_id: int, link_id: int) -> RepairLink | None:
    return db.session().scalar(
        select(RepairLink).where(
            RepairLink.workspace_id == workspace.id, RepairLink.channel_id == channel_id, RepairLink.id == link_id
        )
    )


def link_by_token(token: str) -> RepairLink | None:
    """Whatever its state; the token is all that its holder has."""
    return db.session().scalar(select(RepairLink).options(*_WHOLE).where(RepairLink.token_hash == fingerprint(token)))


def is_of_a_holder(state: str) -> bool:
    """Whether the state that Facebook sends back belongs to a trip that a repair link began."""
    found = db.session().scalar(
        select(Authorization.id).where(
            Authorization.state_hash == fingerprint(state), Authorization.repair_link_id.is_not(None)
        )
    )
    return found is not None


def trip_of_holder(name: str, secret: str) -> Authorization | None:
    """A trip, for the browser that made it and nobody else."""
    return db.session().scalar(
        select(Authorization)
        .options(joinedload(Authorization.repair_link).options(*_WHOLE))
        .where(Authorization.name == name, Authorization.holder_hash == fingerprint(secret))
    )
