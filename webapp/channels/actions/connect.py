"""Connecting the ticked accounts of a grant, each on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.accounts.actions import note
from webapp.accounts.models import Person, Workspace
from webapp.channels import queries
from webapp.channels.models import Channel, Grant
from webapp.channels.offers import Choice, Reason, choices, usable_token
from webapp.channels.rules import CHECK_EVERY, HEALTHY, Subject, Verdict, evidence_of, judge
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Findings, Meta, Page, Platform, Probe


@dataclass(frozen=True, slots=True)
class Report:
    """How one ticked account fared: connected as `channel_id`, or `reason` with Meta's codes."""

    choice: Choice
    channel_id: int | None = None
    reason: Reason | None = None
    detail: str = ""


class Refusal(Exception):
    """This one account cannot be connected; the others go on."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def selection(workspace: Workspace, grant: Grant, platform: Platform) -> list[Choice]:
    """The accounts of a grant as they can be chosen now."""
    ids = [one["page_id"] for one in grant.offers]
    ids += [one["instagram"]["id"] for one in grant.offers if one["instagram"]]
    return choices(platform, grant.offers, grant.missing_scopes, queries.held_accounts(workspace, ids))


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
    db.leave()
    reports = []
    for choice in (offered[key] for key in dict.fromkeys(keys) if key in offered):
        try:
            channel = _connect_one(workspace, person, grant, choice, meta=meta, now=now)
            reports.append(Report(choice, channel_id=channel.id))
        except Refusal as refusal:
            reports.append(Report(choice, reason=refusal.reason, detail=refusal.detail))
    return reports


def _connect_one(
    workspace: Workspace, person: Person, grant: Grant, choice: Choice, *, meta: Meta, now: datetime
) -> Channel:
    if choice.reason is not None:
        raise Refusal(choice.reason, choice.detail)
    try:
        page, token = _page(choice, grant, meta)
        meta.subscribe(choice.page_id, token)
        found = meta.check([Probe(choice.platform, choice.page_id, token)])[0]
    except GraphError as error:
        raise _refusal(error) from None
    verdict = _first_verdict(choice, page, found)
    try:
        with db.transaction() as session:
            return _store(session, workspace, person, grant, choice, token, verdict, now)
    except IntegrityError:
        # Somebody was faster: an account is held once, and the database says so.
        raise Refusal(Reason.CONNECTED_ELSEWHERE) from None


def _page(choice: Choice, grant: Grant, meta: Meta) -> tuple[Page, Secret]:
    page = meta.page(choice.page_id, grant.user_token)
    if not page.token:
        raise Refusal(Reason.NO_PAGE_TOKEN)
    return page, page.token


def _first_verdict(choice: Choice, page: Page, found: Findings) -> Verdict:
    """What a new channel starts with. What cannot be connected is refused here, before anything is stored."""
    if isinstance(found.token, GraphError) and found.token.meaning.kind is Kind.TRANSIENT:
        raise Refusal(Reason.META_DOWN)
    if not usable_token(choice.page_id, found):
        raise Refusal(Reason.NO_PAGE_TOKEN)
    verdict = judge(Subject(choice.platform, choice.external_id, choice.page_id), found)
    if verdict.cause is Cause.NOT_BUSINESS:
        raise Refusal(Reason.NOT_BUSINESS)
    if verdict.cause is Cause.INSTAGRAM_UNLINKED:
        raise Refusal(Reason.HALF_LINKED if page.half_linked else Reason.NO_INSTAGRAM)
    if verdict.status == Status.LOST:
        raise Refusal(Reason.REFUSED, f"{verdict.evidence.get('code', '')}")
    # A question that Meta left unanswered does not stop a connection that it just let us make.
    return verdict if verdict.status else HEALTHY


def _store(
    session: Session,
    workspace: Workspace,
    person: Person,
    grant: Grant,
    choice: Choice,
    token: Secret,
    verdict: Verdict,
    now: datetime,
) -> Channel:
    """The channel's row: the old one where the workspace had this account before, with its conversations."""
    channel = (
        session.query(Channel)
        .filter_by(workspace_id=workspace.id, platform=choice.platform, external_id=choice.external_id)
        .with_for_update()
        .one_or_none()
    )
    if channel is None:
        channel = Channel(
            workspace_id=workspace.id, platform=choice.platform, external_id=choice.external_id, revision=0
        )
        channel.status, channel.cause, channel.status_since = Status.DISCONNECTED, None, now
        session.add(channel)
    channel.name, channel.username = choice.name or choice.page_name, choice.username
    channel.picture_url = choice.picture_url
    channel.page_id, channel.page_name = choice.page_id, choice.page_name
    channel.page_token, channel.grant_id = token, grant.id
    channel.connected_by_id, channel.connected_at, channel.authorized_at = person.id, now, now
    channel.checked_at = channel.verdict_at = now
    channel.next_check_at = now + CHECK_EVERY
    session.flush()
    channel.become(verdict, noticed_by="connect", now=now, person_id=person.id)
    note(session, workspace, person, "connected", channel.label, now=now)
    return channel


def _refusal(error: GraphError) -> Refusal:
    if error.meaning.kind is Kind.TRANSIENT:
        return Refusal(Reason.META_DOWN)
    if error.meaning.cause is Cause.NOT_BUSINESS:
        return Refusal(Reason.NOT_BUSINESS)
    codes = evidence_of(error)
    return Refusal(Reason.REFUSED, " ".join(str(part) for part in codes.values() if part))
