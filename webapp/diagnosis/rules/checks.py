"""One function a check: from Meta's answer (or its refusal) to a result without evidence, which the asker adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.channels.expiry import WARN_AHEAD
from webapp.channels.rules import FULL_CONTROL, NEEDED, Subject
from webapp.diagnosis.rules.result import Mark, Result
from webapp.diagnosis.rules.silence import Silence
from webapp.meta.errors import Cause, GraphError, Kind, NotSent
from webapp.meta.gateway import Page, RemoteMessage, Routing, ThreadOwner, TokenState
from webapp.meta.transport import SEALED

# In the order of the help page; the first failure explains those after it.
CHECKS: dict[str, tuple[str, ...]] = {
    "instagram": (
        "token", "permissions", "role", "link", "business", "access",
        "subscription", "receiver", "webhook", "silence", "newest",
    ),
    "messenger": (
        "token", "permissions", "role", "access",
        "subscription", "receiver", "webhook", "silence", "newest",
    ),
}  # fmt: skip

# What a new login mends at once; for the others something has to be done elsewhere first.
REAUTHORISE_HELPS = frozenset(
    {
        Cause.PASSWORD_CHANGED,
        Cause.TWO_FACTOR,
        Cause.APP_REMOVED,
        Cause.EXPIRED,
        Cause.SIGNED_OUT,
        Cause.PERMISSION_CANCELLED,
        Cause.PAGE_UNTICKED,
        Cause.NOT_SUBSCRIBED,
        Cause.UNKNOWN,
        "ends_soon",
    }
)
# A delivery may take this long before its message counts as missing.
GRACE = timedelta(seconds=60)


def refused(check: str, error: GraphError) -> Result:
    """What a refusal proves for the check that met it; the words of a cause are those of the whole console."""
    meaning = error.meaning
    if isinstance(error, NotSent) and error.message == SEALED:
        # We hold no token that opens: Meta was never asked.
        return Result(check, Mark.UNKNOWN, "app_fault" if check == "token" else "token_first")
    if meaning.kind is Kind.TRANSIENT:
        return Result(check, Mark.UNKNOWN, "no_answer")
    if meaning.kind is Kind.APP:
        return Result(check, Mark.UNKNOWN, "app_fault")
    if meaning.kind is Kind.CREDENTIALS and meaning.cause is not Cause.ROLE_LOST:
        return Result(check, Mark.UNKNOWN, "token_first")
    if meaning.cause is not None:
        # A closed account is said once, by the check that is about it.
        said_above = check == "newest"
        return (
            Result(check, Mark.UNKNOWN, "earlier_first")
            if said_above
            else Result(check, Mark.FAIL, meaning.cause.value)
        )
    if meaning.kind is Kind.PERMISSION:
        return Result(check, Mark.UNKNOWN, "permission_first")
    return Result(check, Mark.UNKNOWN, "unclear")


def token(state: TokenState, cause: Cause | None, now: datetime) -> Result:
    """`cause`: why it opens nothing, None when it does (a live call proved it)."""
    if cause is not None:
        return Result("token", Mark.FAIL, str(cause))
    ends = min((one for one in (state.expires_at, state.data_access_expires_at) if one), default=None)
    if ends is not None and ends - now <= WARN_AHEAD:
        return Result("token", Mark.WARNING, "ends_soon", facts={"ends": ends.isoformat()})
    return Result("token", Mark.PASS, "valid")


def permissions(subject: Subject, state: TokenState) -> Result:
    """Each permission by name; one may be given, and yet not for this Page or account."""
    if not state.is_valid or not state.scopes:
        return Result("permissions", Mark.UNKNOWN, "token_first")
    needed = NEEDED[subject.platform]
    missing = [scope for scope in needed if scope not in state.scopes]
    if missing:
        return Result("permissions", Mark.FAIL, "permission_cancelled", facts={"missing": missing})
    uncovered = [scope for scope in needed if not state.covers(scope, _target(subject, scope))]
    if uncovered:
        return Result("permissions", Mark.FAIL, "page_unticked", facts={"missing": uncovered})
    return Result("permissions", Mark.PASS, "all_given", facts={"given": list(needed)})


def role(page: Page) -> Result:
    """As the person who authorised sees the Page. No tasks told: nothing is known."""
    if not page.tasks:
        return Result("role", Mark.UNKNOWN, "not_told")
    if page.tasks & FULL_CONTROL:
        return Result("role", Mark.PASS, "full_control")
    return Result("role", Mark.WARNING, "part_control", facts={"tasks": sorted(page.tasks)})


def role_refused(error: GraphError) -> Result:
    """The person's own token does not reach the Page: gone or hidden, which is the same to them."""
    if error.code in (100, 803) and error.meaning.cause is None:
        return Result("role", Mark.FAIL, "role_lost")
    return refused("role", error)


def link(subject: Subject, page: Page) -> Result:
    if page.instagram is not None and page.instagram.id == subject.external_id:
        return Result("link", Mark.PASS, "linked")
    if page.instagram is not None:
        return Result("link", Mark.FAIL, "other_linked", facts={"other": page.instagram.username})
    if page.half_linked is not None:
        return Result("link", Mark.FAIL, "half_linked")
    return Result("link", Mark.FAIL, "instagram_unlinked")


def business(refusal: GraphError | None) -> Result:
    """Meta shows no account type here; it answers for eligible accounts and refuses others by number."""
    if refusal is None:
        return Result("business", Mark.PASS, "eligible")
    found = refused("business", refusal)
    if found.mark is Mark.FAIL and found.word != Cause.NOT_BUSINESS:
        return Result("business", Mark.UNKNOWN, "access_first")
    return found


def access(refusal: GraphError | None) -> Result:
    if refusal is None:
        return Result("access", Mark.PASS, "open")
    found = refused("access", refusal)
    if found.word == Cause.TWO_FACTOR:
        return Result("access", Mark.FAIL, "unverified")
    if found.word in (Cause.NOT_BUSINESS, Cause.INSTAGRAM_UNLINKED, Cause.ROLE_LOST):
        return Result("access", Mark.UNKNOWN, "earlier_first")
    return found


def subscription(before: frozenset[str], after: frozenset[str]) -> Result:
    """`after`: the fields once we had subscribed again, the same where nothing was missing."""
    if "messages" in before:
        return Result("subscription", Mark.PASS, "subscribed")
    if "messages" in after:
        return Result("subscription", Mark.WARNING, "repaired")
    return Result("subscription", Mark.FAIL, "not_subscribed")


@dataclass(frozen=True, slots=True)
class Heard:
    """When deliveries last came: the latest one, one for listeners, one for the app that answers."""

    at: datetime | None = None
    standby_at: datetime | None = None
    direct_at: datetime | None = None
    delivery_id: int | None = None


def receiver(subject: Subject, routing: Routing, owner: ThreadOwner | None, app_id: str, heard: Heard) -> Result:
    """No call names the default application to an app that is not it: three signs are read, and said as signs.

    `may_take`: conversations are routed, and only then Meta lets an app ask for one.
    """
    is_routed = routing.instagram if subject.platform == "instagram" else routing.messenger
    if heard.standby_at is not None and (heard.direct_at is None or heard.standby_at > heard.direct_at):
        facts = {"since": heard.standby_at.isoformat(), "may_take": is_routed}
        return Result("receiver", Mark.FAIL, "standby", facts=facts)
    if owner is not None and owner.app_id != app_id:
        return Result("receiver", Mark.FAIL, "other_receiver", facts={"may_take": is_routed})
    if not is_routed:
        return Result("receiver", Mark.PASS, "not_routed")
    if owner is not None:
        return Result("receiver", Mark.PASS, "ours")
    return Result("receiver", Mark.WARNING, "routed", facts={"may_take": True})


def webhook(heard: Heard, failed_at: datetime | None, connected_at: datetime) -> Result:
    """A wrong signature cannot be believed about whose it is: it counts when nothing good came since."""
    if failed_at is not None and failed_at > max(heard.at or connected_at, connected_at):
        return Result("webhook", Mark.WARNING, "signature", facts={"failed": failed_at.isoformat()})
    if heard.at is None:
        return Result("webhook", Mark.UNKNOWN, "never")
    facts = {"last": heard.at.isoformat(), "delivery": heard.delivery_id}
    return Result("webhook", Mark.PASS, "heard", facts=facts)


def quiet(found: Silence) -> Result:
    facts = {
        "count": found.count,
        "usual": _seconds(found.usual),
        "longest": _seconds(found.longest),
        "silent": _seconds(found.silent),
    }
    mark = {"unusual": Mark.WARNING, "usual": Mark.PASS}.get(found.word, Mark.UNKNOWN)
    return Result("silence", mark, found.word, facts=facts)


def newest(remote: RemoteMessage | None, is_here: bool, connected_at: datetime, now: datetime) -> Result:
    """`remote`: the customers' newest message at Meta. What was written before connecting is not expected here."""
    if remote is None:
        return Result("newest", Mark.UNKNOWN, "none_at_meta")
    facts = {"written": remote.at.isoformat()}
    if is_here:
        return Result("newest", Mark.PASS, "same", facts=facts)
    if remote.at < connected_at:
        return Result("newest", Mark.PASS, "before_connecting", facts=facts)
    if now - remote.at < GRACE:
        return Result("newest", Mark.UNKNOWN, "on_its_way", facts=facts)
    return Result("newest", Mark.FAIL, "missing_here", facts=facts)


def from_customers(remote: Sequence[RemoteMessage], account_id: str) -> list[RemoteMessage]:
    """Newest first, without what the account wrote and without those whose writer Meta does not tell."""
    return [one for one in remote if one.sender_id and one.sender_id != account_id]


def _target(subject: Subject, scope: str) -> str:
    return subject.external_id if scope.startswith("instagram_") else subject.page_id


def _seconds(pause: timedelta | None) -> int | None:
    return None if pause is None else round(pause.total_seconds())
