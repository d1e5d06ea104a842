"""Connecting the ticked accounts of a grant, each on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.accounts.actions import note
from webapp.accounts.models import Person, Workspace
from webapp.channels import queries
from webapp.channels.actions.prepare import Ready, Refusal, prepare
from webapp.channels.actions.subscription import affirm, release
from webapp.channels.models import Channel, Grant
from webapp.channels.offers import Choice, Reason, choices, left_out
from webapp.channels.rules import CHECK_EVERY, Subject
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.gateway import Meta, Platform


@dataclass(frozen=True, slots=True)
class Report:
    """How one ticked account fared: connected as `channel_id`, or `reason` with Meta's codes."""

    choice: Choice
    channel_id: int | None = None
    reason: Reason | None = None
    detail: str = ""


def selection(workspace: Workspace, grant: Grant, platform: Platform) -> list[Choice]:
    """The accounts of a grant as they can be chosen now, and those of former times that it leaves out."""
    ids = [one["page_id"] for one in grant.offers]
    ids += [one["instagram"]["id"] for one in grant.offers if one["instagram"]]
    offered = choices(platform, grant.offers, grant.missing_scopes, queries.held_accounts(workspace, ids))
    shown = {choice.external_id for choice in offered} | {choice.page_id for choice in offered}
    former = [one for one in queries.disconnected(workspace, platform) if not shown & {one.external_id, one.page_id}]
    return offered + [left_out(one) for one in former]


def connect(
    workspace: Workspace,
    person: Person,
    grant: Grant,
    platform: Platform,
    keys: Sequence[str],
    *,
    meta: Meta,
    now: datetime,
) -> list[Report]:
    """Connect each ticked account. Every one is reported; one failure loses none of the others."""
    offered = {choice.key: choice for choice in selection(workspace, grant, platform)}
    ticked = [offered[key] for key in dict.fromkeys(keys) if key in offered]
    db.leave()
    able = [choice for choice in ticked if choice.is_eligible]
    prepared = prepare([_subject(choice) for choice in able], grant.user_token, meta=meta)
    answers = dict(zip((choice.key for choice in able), prepared, strict=True))
    kept: dict[str, Secret] = {}
    left: dict[str, Secret] = {}
    reports = []
    for choice in ticked:
        answer = answers.get(choice.key) or Refusal(choice.reason or Reason.REFUSED, choice.detail)
        report = _store_one(workspace, person, grant, choice, answer, now)
        reports.append(report)
        if isinstance(answer, Ready):
            (kept if report.channel_id else left)[choice.page_id] = answer.token
    affirm(list(kept.items()), meta=meta)
    release(left.items(), meta=meta)
    return reports


def _subject(choice: Choice) -> Subject:
    return Subject(choice.platform, choice.external_id, choice.page_id)


def _store_one(
    workspace: Workspace, person: Person, grant: Grant, choice: Choice, answer: Ready | Refusal, now: datetime
) -> Report:
    if isinstance(answer, Refusal):
        return Report(choice, reason=answer.reason, detail=answer.detail)
    try:
        with db.transaction() as session:
            channel = _store(session, workspace, person, grant, choice, answer, now)
        return Report(choice, channel_id=channel.id)
    except Refusal as refusal:
        return Report(choice, reason=refusal.reason)
    except IntegrityError:
        # Somebody was faster: an account is held once, and the database says so.
        return Report(choice, reason=Reason.CONNECTED_ELSEWHERE)


def _store(
    session: Session,
    workspace: Workspace,
    person: Person,
    grant: Grant,
    choice: Choice,
    ready: Ready,
    now: datetime,
) -> Channel:
    """The channel's row: the old one where the workspace had this account before, with its conversations."""
    # One at a time in a workspace, so that two people together neither pass its limit nor mix two Facebook users.
    session.get_one(Workspace, workspace.id, with_for_update={"key_share": True}, populate_existing=True)
    if queries.other_user(workspace, grant.facebook_user_id) is not None:
        raise Refusal(Reason.OTHER_USER)
    channel = _own_channel(session, workspace, choice, now)
    if not channel.is_held and queries.room_left(workspace) <= 0:
        raise Refusal(Reason.LIMIT_REACHED)
    channel.name, channel.username = choice.name or choice.page_name, choice.username
    channel.picture_url = choice.picture_url
    channel.page_id, channel.page_name = choice.page_id, choice.page_name
    channel.authorize(ready.token, now=now)
    channel.grant_id = grant.id
    channel.connected_by_id, channel.connected_at = person.id, channel.authorized_at
    channel.doubt(None, since=now)
    channel.checked_at = channel.verdict_at = now
    channel.next_check_at = now + CHECK_EVERY
    session.add(channel)
    session.flush()
    channel.become(ready.verdict, noticed_by="connect", now=now, person_id=person.id)
    note(session, workspace, person, "connected", channel.label, now=now)
    return channel


def _own_channel(session: Session, workspace: Workspace, choice: Choice, now: datetime) -> Channel:
    channel = (
        session.query(Channel)
        .filter_by(workspace_id=workspace.id, platform=choice.platform, external_id=choice.external_id)
        .populate_existing()
        .with_for_update()
        .one_or_none()
    )
    if channel is None:
        channel = Channel(
            workspace_id=workspace.id, platform=choice.platform, external_id=choice.external_id, revision=0
        )
        channel.status, channel.cause, channel.status_since = Status.DISCONNECTED, None, now
    return channel
