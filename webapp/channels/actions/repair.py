"""A repair, as the holder of a link goes through it: to Facebook and back, with no account here."""

from datetime import datetime

from webapp.accounts.actions import note
from webapp.accounts.models import LinkClosed, LinkState
from webapp.channels.actions.authorize import Answer, Holder, arrive, begin
from webapp.channels.models import Authorization, Channel, RepairLink
from webapp.channels.status import Status
from webapp.core import db
from webapp.meta.gateway import Meta


def begin_repair(link: RepairLink, secret: str, *, meta: Meta, now: datetime) -> str:
    """Open a trip for the link's one channel, bound to the browser with this secret. Returns the dialog's address."""
    if link.state(now) is not LinkState.OPEN:
        raise LinkClosed
    return begin(
        link.workspace,
        Holder(secret, link.id),
        platform=link.channel.platform,
        channel=link.channel,
        rerequest=link.channel.status == Status.LOST,
        meta=meta,
        now=now,
    )


def arrive_with_link(answer: Answer, secret: str, *, meta: Meta, now: datetime) -> Authorization:
    """Take in the dialog's answer. The link stays good until the channel is lost no more.

    The right person who left the Page unticked has used it up for nothing, so it opens again.
    """
    trip = arrive(answer, secret, meta=meta, now=now)
    if trip.repair_link_id is not None:
        reopen_if_in_vain(trip.repair_link_id, now)
    return trip


def reopen_if_in_vain(link_id: int, used_at: datetime) -> None:
    """Open a link again that was used up at this moment and left its channel lost."""
    with db.transaction() as session:
        link = session.get_one(RepairLink, link_id, with_for_update=True, populate_existing=True)
        channel = session.get_one(Channel, link.channel_id, populate_existing=True)
        if channel.status == Status.LOST and link.used_at == used_at:
            link.used_at = None
            note(session, link.workspace, None, "repair_link_reopened", channel.label, now=used_at)
