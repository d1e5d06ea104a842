"""The verdict: from what a check found to healthy, attention, lost, or nothing to say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from webapp.channels.status import Status
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Findings, Platform, Routing, ThreadOwner, TokenState

CHECK_EVERY = timedelta(hours=1)
# Whoever takes a channel to check it has it for so long; one whose process died comes back after this.
TAKEN_FOR = timedelta(minutes=5)
# A check that came to no verdict is worth repeating before the hour is over.
NO_VERDICT_AGAIN = timedelta(minutes=10)
# Right after a new login Meta still answers from before: until then only what it says of the token itself counts.
SETTLING = timedelta(minutes=5)
# A verdict older than this is shown as "not checked since …".
STALE_AFTER = timedelta(hours=3)

# What each platform cannot do without.
NEEDED = {
    "instagram": ("pages_manage_metadata", "instagram_basic", "instagram_manage_messages"),
    "messenger": ("pages_manage_metadata", "pages_messaging"),
}
# Meta's names for "may do everything on this Page", on classic and on new Pages.
FULL_CONTROL = frozenset({"MANAGE", "PROFILE_PLUS_FULL_CONTROL", "PROFILE_PLUS_MANAGE"})
# Causes that stop messages while the token is good: attention, not lost.
ATTENTION = frozenset(
    {
        Cause.INSTAGRAM_UNLINKED,
        Cause.NOT_BUSINESS,
        Cause.ACCESS_OFF,
        Cause.OTHER_RECEIVER,
        Cause.NOT_SUBSCRIBED,
        Cause.RESTRICTED,
        Cause.APP_FAULT,
    }
)
# A login cannot cover a Page that its user may not manage, or one that is gone.
_NOT_TO_COVER = frozenset({Cause.ROLE_LOST, Cause.PAGE_DELETED})
# Causes that a person in the workspace can mend and must hear of; the others mend themselves or are ours.
MAILED = frozenset(Cause) - {Cause.NOT_SUBSCRIBED, Cause.OTHER_RECEIVER, Cause.RESTRICTED, Cause.APP_FAULT}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` None: the check says nothing, the channel keeps its state.

    `by_token`: the token itself, or a signed call about its person, names what is wrong: it is about this login and
    nobody else's.
    """

    status: Status | None
    cause: Cause | None = None
    evidence: dict[str, object] = field(default_factory=dict)
    by_token: bool = False


NO_VERDICT = Verdict(None)
HEALTHY = Verdict(Status.CONNECTED)


def platform_of(text: str) -> Platform:
    """A column's or form's text as one of the two platforms."""
    return "messenger" if text == "messenger" else "instagram"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the findings are about. `external_id` is the Instagram account's or the Page's id."""

    platform: Platform
    external_id: str
    page_id: str


def judge(subject: Subject, found: Findings) -> Verdict:
    """What the findings prove. Lost before attention before health.

    A temporary error proves nothing, and neither does a refusal of our own app: that is the operator's matter.
    """
    errors = found.errors
    return (
        _about_credentials(subject, found, errors)
        or _about_unlinked(errors)
        or _about_rights(subject, found, errors)
        or _about_link(subject, found)
        or _about_access(errors)
        or _about_subscription(found)
        or _about_receiver(subject, found)
        or (NO_VERDICT if errors else HEALTHY)
    )


def is_too_early(verdict: Verdict, *, connected_at: datetime, authorized_at: datetime, now: datetime) -> bool:
    """Whether a failure was found so soon after a reauthorisation that it may be an answer from before it."""
    is_bad = verdict.status in (Status.LOST, Status.ATTENTION)
    return is_bad and not verdict.by_token and authorized_at > connected_at and now - authorized_at < SETTLING


def explain(subject: Subject, user_token: TokenState) -> Cause:
    """Why a Page token died without a named reason: the token of the person behind it knows."""
    if not user_token.is_valid:
        return (user_token.error.meaning.cause if user_token.error else None) or Cause.UNKNOWN
    return _missing(subject, user_token) or Cause.UNKNOWN


def sharpen(cause: Cause, told: Cause) -> Cause:
    """`cause` as a refusal names it, `told` by the user token.

    Meta says "no role" (492) of a Page too that a later login left out [field: two teams' production, 2026]: only a
    login that covers the Page makes it certain.
    """
    if cause is Cause.UNKNOWN or (cause is Cause.ROLE_LOST and told is Cause.PAGE_UNTICKED):
        return told
    return cause


def is_known_better(known: str | None, new: Cause | None) -> bool:
    """Whether a lost channel keeps its cause: what is known of it is why no login covers its Page."""
    return new is Cause.PAGE_UNTICKED and known in _NOT_TO_COVER


def judge_refusal(error: GraphError) -> Verdict:
    """What a single refusal (of a send, a subscription) proves about the whole channel; most prove nothing.

    A missing right is not proven by one refusal: the check, which asks more, decides about that.
    """
    meaning = error.meaning
    if meaning.kind is Kind.CREDENTIALS:
        return _verdict(meaning.cause or Cause.UNKNOWN, error)
    if meaning.kind in (Kind.CHANNEL, Kind.ROUTING) and meaning.cause is not None:
        return _verdict(meaning.cause, error)
    return NO_VERDICT


def evidence_of(error: GraphError) -> dict[str, object]:
    """What may be kept and shown of a refusal: numbers and the trace id, for support."""
    return {"code": error.code, "subcode": error.subcode, "trace_id": error.trace_id}


def _about_credentials(subject: Subject, found: Findings, errors: Sequence[GraphError]) -> Verdict | None:
    state = found.token if isinstance(found.token, TokenState) else None
    if state is not None and not state.is_valid:
        return _dead(subject, state, state.error or GraphError(code=190))
    refusals = (error for error in errors if error.meaning.kind is Kind.CREDENTIALS)
    return next((_dead(subject, state, error) for error in refusals), None)


def _dead(subject: Subject, state: TokenState | None, error: GraphError) -> Verdict:
    return _verdict(sharpen(error.meaning.cause or Cause.UNKNOWN, _missing(subject, state) or Cause.UNKNOWN), error)


def _about_unlinked(errors: Sequence[GraphError]) -> Verdict | None:
    """Meta says so itself. An unlinked account can be ticked in no login, so missing rights follow from it."""
    for error in errors:
        if error.meaning.cause is Cause.INSTAGRAM_UNLINKED:
            return _verdict(Cause.INSTAGRAM_UNLINKED, error)
    return None


def _about_rights(subject: Subject, found: Findings, errors: Sequence[GraphError]) -> Verdict | None:
    state = found.token if isinstance(found.token, TokenState) else None
    missing = _missing(subject, state)
    for error in errors:
        if error.meaning.kind is Kind.PERMISSION:
            verdict = _verdict(error.meaning.cause or missing or Cause.PERMISSION_CANCELLED, error)
            return replace(verdict, by_token=missing is not None)
    return Verdict(Status.LOST, missing, {"source": "debug_token"}, by_token=True) if missing else None


def _about_link(subject: Subject, found: Findings) -> Verdict | None:
    if subject.platform != "instagram" or isinstance(found.page, GraphError):
        return None
    linked = found.page.instagram
    if linked is not None and linked.id == subject.external_id:
        return None
    return Verdict(Status.ATTENTION, Cause.INSTAGRAM_UNLINKED, {"linked": linked.id if linked else None})


def _about_access(errors: Sequence[GraphError]) -> Verdict | None:
    for error in errors:
        if error.meaning.kind in (Kind.CHANNEL, Kind.ROUTING):
            return _verdict(error.meaning.cause or Cause.UNKNOWN, error)
    return None


def _about_subscription(found: Findings) -> Verdict | None:
    if isinstance(found.subscribed, GraphError) or "messages" in found.subscribed:
        return None
    return Verdict(Status.ATTENTION, Cause.NOT_SUBSCRIBED, {"subscribed": sorted(found.subscribed)})


def another_app_answers(subject: Subject, found: Findings) -> bool | None:
    """Whether another app is the default receiver; None where that was not asked or cannot be told.

    Routing alone proves nothing: the default may be ours. But Meta names the owner of a conversation to the owner and
    to the default app; one who is told only until when is neither (Conversation Routing, v25.0).
    """
    if isinstance(found.routing, Routing):
        is_routed = found.routing.instagram if subject.platform == "instagram" else found.routing.messenger
        if not is_routed:
            return False
        if isinstance(found.owner, ThreadOwner):
            return not found.owner.app_id
    return None


def _about_receiver(subject: Subject, found: Findings) -> Verdict | None:
    if not another_app_answers(subject, found):
        return None
    return Verdict(Status.ATTENTION, Cause.OTHER_RECEIVER, {"source": "thread_owner"})


def _missing(subject: Subject, state: TokenState | None) -> Cause | None:
    """Which part of the grant went away, read from the token's own scopes."""
    if state is None or not state.scopes:
        return None
    needed = NEEDED[subject.platform]
    if any(scope not in state.scopes for scope in needed):
        return Cause.PERMISSION_CANCELLED
    for scope in needed:
        target = subject.external_id if scope.startswith("instagram_") else subject.page_id
        if not state.covers(scope, target):
            return Cause.PAGE_UNTICKED
    return None


def _verdict(cause: Cause, error: GraphError) -> Verdict:
    status = Status.ATTENTION if cause in ATTENTION else Status.LOST
    return Verdict(status, cause, evidence_of(error), by_token=error.meaning.kind is Kind.CREDENTIALS)
