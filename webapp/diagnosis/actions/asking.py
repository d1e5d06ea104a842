"""The questions: each asks Meta live, and comes back with a result and what was asked and answered."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.channels.actions import why
from webapp.channels.models import Channel
from webapp.channels.rules import Subject, platform_of
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.diagnosis import queries
from webapp.diagnosis.rules import Mark, Result, checks
from webapp.diagnosis.rules.rhythm import HISTORY
from webapp.diagnosis.rules.silence import silence
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Meta, Page, Platform, TokenState


@dataclass(frozen=True, slots=True)
class Case:
    """What the questions need of a channel, read before anything is asked. `app_id` is our own."""

    channel: Channel
    platform: Platform
    subject: Subject
    page_token: Secret
    user_token: Secret | None
    meta: Meta
    app_id: str
    now: datetime

    @classmethod
    def of(cls, channel: Channel, meta: Meta, app_id: str, now: datetime) -> "Case":
        platform = platform_of(channel.platform)
        return cls(
            channel=channel,
            platform=platform,
            subject=Subject(platform, channel.external_id, channel.page_id),
            page_token=channel.page_token or Secret(""),
            user_token=channel.grant.user_token if channel.grant else None,
            meta=meta,
            app_id=app_id,
            now=now,
        )


def ask(check: str, case: Case) -> Result:
    """One check. A refusal is an answer too; nothing of the database is held while asking."""
    question, told = _QUESTIONS[check]
    asked = told.format(page=case.subject.page_id, platform=case.platform)
    try:
        result = question(case)
    except GraphError as error:
        judged = checks.role_refused(error) if check == "role" else checks.refused(check, error)
        result = replace(judged, came=_refusal(error))
    return replace(result, asked=asked, at=case.now.isoformat())


def _token(case: Case) -> Result:
    """debug_token does not see a lost role, so the token must also open its Page."""
    db.leave()
    state = case.meta.inspect_token(case.page_token)
    refusal = state.error or (None if state.is_valid else GraphError(code=190))
    if refusal is None:
        try:
            case.meta.page(case.subject.page_id, case.page_token)
        except GraphError as error:
            if error.meaning.kind is not Kind.CREDENTIALS:
                raise
            refusal = error
    if refusal is None:
        return replace(checks.token(state, None, case.now), came=_state(state))
    cause = why(case.subject, refusal.meaning.cause or Cause.UNKNOWN, case.user_token, case.meta)
    return replace(checks.token(state, cause, case.now), came=f"{_state(state)} · {_refusal(refusal)}")


def _permissions(case: Case) -> Result:
    db.leave()
    state = case.meta.inspect_token(case.page_token)
    return replace(checks.permissions(case.subject, state), came=", ".join(sorted(state.scopes)) or _state(state))


def _role(case: Case) -> Result:
    if case.user_token is None:
        return Result("role", Mark.UNKNOWN, "not_told")
    db.leave()
    page = case.meta.page(case.subject.page_id, case.user_token)
    return replace(checks.role(page), came="tasks: " + ", ".join(sorted(page.tasks)))


def _link(case: Case) -> Result:
    db.leave()
    page = case.meta.page(case.subject.page_id, case.page_token)
    return replace(checks.link(case.subject, page), came=_linked(page))


def _access(case: Case) -> Result:
    refusal = _probe(case)
    return replace(checks.access(refusal), came=_refusal(refusal) if refusal else "data: […]")


def _business(case: Case) -> Result:
    refusal = _probe(case)
    return replace(checks.business(refusal), came=_refusal(refusal) if refusal else "data: […]")


def _probe(case: Case) -> GraphError | None:
    db.leave()
    try:
        case.meta.probe_access(case.platform, case.subject.page_id, case.page_token)
    except GraphError as error:
        return error
    return None


def _subscription(case: Case) -> Result:
    """A missing subscription is ours to mend, here and now."""
    db.leave()
    before = after = case.meta.subscribed_fields(case.subject.page_id, case.page_token)
    if "messages" not in before:
        case.meta.subscribe(case.subject.page_id, case.page_token)
        after = case.meta.subscribed_fields(case.subject.page_id, case.page_token)
    came = "subscribed_fields: " + (", ".join(sorted(before)) or "–")
    return replace(checks.subscription(before, after), came=came)


def _receiver(case: Case) -> Result:
    heard, contact_id = queries.heard(case.channel), queries.latest_contact(case.channel)
    db.leave()
    routing = case.meta.routing(case.subject.page_id, case.page_token)
    owner = None
    if contact_id is not None:
        try:
            owner = case.meta.thread_owner(case.subject.page_id, case.page_token, contact_id)
        except GraphError as error:
            # Of one conversation only, and by the documents for Messenger first: the other signs stand.
            if error.meaning.kind is Kind.CREDENTIALS:
                raise
    came = f"msgr_multi_app: {routing.messenger}, ig_multi_app: {routing.instagram}, thread_owner: "
    came += "–" if owner is None else f"app_id {owner.app_id or '–'}"
    return replace(checks.receiver(case.subject, routing, owner, case.app_id, heard), came=came)


def _webhook(case: Case) -> Result:
    heard, failed_at = queries.heard(case.channel), queries.signature_failed_at()
    came = f"delivery: {heard.delivery_id or '–'} {_moment(heard.at)}, signature refused: {_moment(failed_at)}"
    return replace(checks.webhook(heard, failed_at, case.channel.authorized_at), came=came)


def _silence(case: Case) -> Result:
    found = silence(queries.written(case.channel.id, since=case.now - HISTORY), case.now)
    came = f"{found.count} messages in {HISTORY.days} days, unusual from: {_moment(found.due)}"
    return replace(checks.quiet(found), came=came)


def _newest(case: Case) -> Result:
    db.leave()
    remote = case.meta.newest_messages(case.platform, case.subject.page_id, case.page_token)
    customers = checks.from_customers(remote, case.subject.external_id)
    latest = customers[0] if customers else None
    is_here = latest is not None and queries.has_message(case.channel, latest.id)
    came = f"Meta: {_moment(latest.at if latest else None)}, here: {_moment(case.channel.last_inbound_at)}"
    return replace(checks.newest(latest, is_here, case.channel.connected_at, case.now), came=came)


def _state(state: TokenState) -> str:
    return f"is_valid: {state.is_valid}, type: {state.type or '–'}, scopes: {len(state.scopes)}"


def _linked(page: Page) -> str:
    full = page.instagram.username if page.instagram else "–"
    half = page.half_linked.username if page.half_linked else "–"
    return f"instagram_business_account: {full}, connected_instagram_account only: {half}"


def _refusal(error: GraphError) -> str:
    """Numbers and the trace id; Meta's text is for logs."""
    if error.code is None:
        return "no answer"
    name = f"code {error.code}" + (f"/{error.subcode}" if error.subcode is not None else "")
    return f"{name}, trace {error.trace_id}" if error.trace_id else name


def _moment(at: datetime | None) -> str:
    return "–" if at is None else at.isoformat(timespec="seconds")


_QUESTIONS: dict[str, tuple[Callable[[Case], Result], str]] = {
    "token": (_token, "GET /debug_token, GET /{page}"),
    "permissions": (_permissions, "GET /debug_token"),
    "role": (_role, "GET /{page}?fields=tasks"),
    "link": (_link, "GET /{page}?fields=instagram_business_account,connected_instagram_account"),
    "business": (_business, "GET /{page}/conversations?platform={platform}"),
    "access": (_access, "GET /{page}/conversations?platform={platform}"),
    "subscription": (_subscription, "GET /{page}/subscribed_apps"),
    "receiver": (_receiver, "GET /{page}?fields=messaging_feature_status, GET /{page}/thread_owner"),
    "webhook": (_webhook, "POST /webhooks/meta"),
    "silence": (_silence, "–"),
    "newest": (_newest, "GET /{page}/conversations?platform={platform}&fields=messages"),
}
