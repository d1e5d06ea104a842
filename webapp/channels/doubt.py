"""When so much fails alike that it is hardly the accounts' fault, and how long Meta wants to be left alone. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Findings

# Fewer channels or logins than this can well fail alike by chance, or by one person's doing.
ENOUGH_CHANNELS = 5
ENOUGH_LOGINS = 3

# Limits of the whole app; every other limit is that of one Page or user (Graph API rate limiting).
APP_LIMITS = frozenset({4, 341})
# Where Meta names no time: its windows roll over an hour, and asking while limited keeps counting.
UNTOLD_PAUSE = 15 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One channel's verdict, with what is needed to doubt it. `was` is its state before."""

    channel_id: int
    login: Hashable
    was: tuple[str, str | None]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stood in the way of verdicts, for the operator. `seconds`: how long Meta asks the app to wait."""

    app_refused: bool = False
    seconds: int = 0
    evidence: dict[str, object] = field(default_factory=dict)


def in_doubt(suspicions: Sequence[Suspicion]) -> set[int]:
    """Channels of one portion that are newly said to be broken, most of them alike, and not by their tokens.

    A fault of Meta's or of our app looks like this; several people unlinking their accounts in one minute does not.
    """
    alike: defaultdict[Cause | None, list[Suspicion]] = defaultdict(list)
    for one in suspicions:
        verdict = one.verdict
        is_bad = verdict.status in (Status.LOST, Status.ATTENTION)
        if is_bad and not verdict.by_token and (verdict.status, verdict.cause) != one.was:
            alike[verdict.cause].append(one)
    for group in alike.values():
        many = len(group) >= ENOUGH_CHANNELS and 2 * len(group) > len(suspicions)
        if many and len({one.login for one in group}) >= ENOUGH_LOGINS:
            return {one.channel_id for one in group}
    return set()


def is_throttled(found: Findings) -> bool:
    """Whether the app's own limit kept a question from being answered."""
    return any(_is_app_limit(error) for error in found.errors)


def trouble(all_found: Iterable[Findings]) -> Trouble:
    """What the errors of a portion say about our app as a whole."""
    errors = [error for found in all_found for error in found.errors]
    limits = [error.retry_after or UNTOLD_PAUSE for error in errors if _is_app_limit(error)]
    telling = next((error for error in errors if error.meaning.kind in (Kind.TRANSIENT, Kind.APP)), None)
    return Trouble(
        app_refused=any(error.meaning.kind is Kind.APP for error in errors),
        seconds=max(limits, default=0),
        evidence=({"code": telling.code, "subcode": telling.subcode, "trace_id": telling.trace_id} if telling else {}),
    )


def page_pause(found: Findings) -> int:
    """Seconds for which Meta wants no more calls for this one Page; 0 when it does not say."""
    told = [error.retry_after or 0 for error in found.errors if error.meaning.kind is Kind.TRANSIENT]
    return max(told, default=0)


def _is_app_limit(error: GraphError) -> bool:
    return error.code in APP_LIMITS
