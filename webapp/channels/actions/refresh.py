"""After a new grant: give its channels their new tokens, and see which live again and which were cut off."""

from collections.abc import Sequence
from datetime import datetime

from webapp.channels import queries
from webapp.channels.actions.check import check_channels
from webapp.channels.models import Channel, Grant
from webapp.channels.offers import usable_token
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.gateway import Meta, Page, Platform, Probe


def refresh(grant: Grant, pages: Sequence[Page], *, meta: Meta, now: datetime, person_id: int | None) -> None:
    """Store the grant's Page tokens in its channels, then check each of them at once.

    Channels whose Page the grant no longer covers keep their old token; the check says that they are lost.
    """
    channels = queries.channels_of_grant(grant)
    if not channels:
        return
    tokens = {page.id: page.token for page in pages if page.token}
    _store(channels, _checked(channels, tokens, meta), now)
    check_channels(
        [channel.id for channel in channels],
        meta=meta,
        now=now,
        noticed_by="authorization",
        person_id=person_id,
    )


def _checked(channels: Sequence[Channel], tokens: dict[str, Secret], meta: Meta) -> dict[str, Secret]:
    """Tokens that are really those of their Pages. An empty or strange one never replaces a stored one."""
    wanted = {channel.page_id: channel for channel in channels if channel.page_id in tokens}
    probes = [Probe(_platform(channel), page_id, tokens[page_id]) for page_id, channel in wanted.items()]
    db.leave()
    found = meta.check(probes)
    return {
        probe.page_id: probe.page_token
        for probe, one in zip(probes, found, strict=True)
        if usable_token(probe.page_id, one)
    }


def _store(channels: Sequence[Channel], tokens: dict[str, Secret], now: datetime) -> None:
    with db.transaction() as session:
        for channel in channels:
            token = tokens.get(channel.page_id)
            if token is not None:
                current = session.get_one(Channel, channel.id, with_for_update=True, populate_existing=True)
                current.page_token = token
                current.authorized_at = now
                current.touch()


def _platform(channel: Channel) -> Platform:
    return "instagram" if channel.platform == "instagram" else "messenger"
