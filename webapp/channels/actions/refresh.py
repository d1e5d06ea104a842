"""After a login: what its Facebook user's channels are now, in every workspace.

A login replaces the whole set of Pages and permissions that this user gave before. Channels that it still covers
get their new tokens and are checked; those that it does not cover are lost at once, wherever they are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from webapp.channels import queries
from webapp.channels.actions.check import check_channels
from webapp.channels.actions.learn import Learned
from webapp.channels.coverage import cut_off_cause
from webapp.channels.models import Channel
from webapp.channels.offers import usable_token
from webapp.channels.rules import CHECK_EVERY, Subject, Verdict, is_known_better, platform_of
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.errors import Cause
from webapp.meta.gateway import Meta, Probe

_NOTICED_BY = "authorization"


def refresh(learned: Learned, *, workspace_id: int, person_id: int | None, meta: Meta, now: datetime) -> list[int]:
    """Returns the ids of the channels, of any workspace, that the login does not cover and nothing else explains.

    `person_id` went through the dialog for `workspace_id`; other workspaces are not told who it was.
    """
    channels = queries.channels_of_user(learned.facts.facebook_user_id)
    tokens = {page.id: page.token for page in learned.pages if page.token}
    cut_off = _cut_off(channels, learned, tokens, meta)
    for channel in channels:
        if channel.id in cut_off:
            _lose(channel.id, cut_off[channel.id], person_id if channel.workspace_id == workspace_id else None, now)
    covered = [channel for channel in channels if channel.id not in cut_off]
    _store(covered, _checked(covered, tokens, meta), now)
    here = [channel.id for channel in covered if channel.workspace_id == workspace_id]
    elsewhere = [channel.id for channel in covered if channel.workspace_id != workspace_id]
    check_channels(here, meta=meta, now=now, noticed_by=_NOTICED_BY, person_id=person_id)
    check_channels(elsewhere, meta=meta, now=now, noticed_by=_NOTICED_BY)
    known = {channel.id for channel in channels if is_known_better(channel.cause, cut_off.get(channel.id))}
    return sorted(cut_off.keys() - known)


def subject_of(channel: Channel) -> Subject:
    return Subject(platform_of(channel.platform), channel.external_id, channel.page_id)


def _cut_off(
    channels: Sequence[Channel], learned: Learned, tokens: Mapping[str, Secret], meta: Meta
) -> dict[int, Cause]:
    found = {
        channel.id: cut_off_cause(subject_of(channel), learned.state, learned.facts.missing_scopes)
        for channel in channels
    }
    unlinked = _unlinked([one for one in channels if found[one.id] is Cause.PAGE_UNTICKED], tokens, meta)
    return {channel_id: cause for channel_id, cause in found.items() if cause and channel_id not in unlinked}


def _unlinked(channels: Sequence[Channel], tokens: Mapping[str, Secret], meta: Meta) -> set[int]:
    """Of those left out though their Page is ticked: accounts that Facebook cannot offer, being linked to no Page."""
    asked = [one for one in channels if one.platform == "instagram" and one.page_id in tokens]
    if not asked:
        return set()
    db.leave()
    refusals = meta.probe_each([Probe("instagram", one.page_id, tokens[one.page_id]) for one in asked])
    told = [refusal.meaning.cause if refusal else None for refusal in refusals]
    return {one.id for one, cause in zip(asked, told, strict=True) if cause is Cause.INSTAGRAM_UNLINKED}


def _lose(channel_id: int, cause: Cause, person_id: int | None, now: datetime) -> None:
    """No further question is needed: the login itself says that it does not cover this channel."""
    with db.transaction() as session:
        channel = session.get(Channel, channel_id, with_for_update=True, populate_existing=True)
        if channel is None or not channel.is_held or channel.authorized_at > now:
            return
        channel.checked_at = channel.verdict_at = now
        channel.next_check_at = now + CHECK_EVERY
        channel.doubt(None, since=now)
        verdict = Verdict(Status.LOST, cause, {"source": "debug_token"}, by_token=True)
        channel.become(verdict, noticed_by=_NOTICED_BY, now=now, person_id=person_id)


def _checked(channels: Sequence[Channel], tokens: dict[str, Secret], meta: Meta) -> dict[str, Secret]:
    """Tokens that are really those of their Pages. An empty or strange one never replaces a stored one."""
    wanted = {channel.page_id: channel for channel in channels if channel.page_id in tokens}
    probes = [Probe(platform_of(channel.platform), page_id, tokens[page_id]) for page_id, channel in wanted.items()]
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
            if token is None:
                continue
            current = session.get(Channel, channel.id, with_for_update=True, populate_existing=True)
            if current is not None and current.is_held and current.authorized_at <= now:
                current.authorize(token, now=now)
                current.touch()
