"""When so much fails alike that it is hardly the accounts' fault, and how long Meta wants to be left alone. Pure."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from webapp.channels.rules import STALE_AFTER, Verdict
from webapp.channels.status import Status
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import Findings

# Fewer channels or logins than this can well fail alike by chance, or by one person's doing.
ENOUGH_CHANNELS = 5
ENOUGH_LOGINS = 3
# How far back answers tell of the present: by then everybody has been asked once.
WINDOW = timedelta(hours=1)
# So many answers settle what a failure is: either most of them fail alike, or enough are well.
ASKED_AROUND = 2 * ENOUGH_CHANNELS - 1

# Limits of the whole app; every other limit is that of one Page or user (Graph API rate limiting).
APP_LIMITS = frozenset({4, 341})
# Where Meta names no time: its windows roll over an hour, and asking while limited keeps counting.
UNTOLD_PAUSE = 15 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """The newest that a check said of one channel, and when.

    `cause`: it is newly broken, and not because its token was named; None for health and everything else.
    """

    channel_id: int
    login: Hashable
    at: datetime
    cause: str | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stood in the way of verdicts, for the operator. `seconds`: how long Meta asks the app to wait."""

    app_refused: bool = False
    seconds: int = 0
    evidence: dict[str, object] = field(default_factory=dict)


def is_suspect(was: tuple[str, str | None], verdict: Verdict) -> bool:
    """Whether a verdict is news that could as well be a fault of Meta's or of our app. `was`: the state before."""
    is_bad = verdict.status in (Status.LOST, Status.ATTENTION)
    return is_bad and not verdict.by_token and (verdict.status, verdict.cause) != was


def is_alike(answers: Collection[Answer], cause: str) -> bool:
    """Whether, from some moment on, most channels answer with this cause: nobody of them is marked then.

    A fault of Meta's or of our app looks like this, whether all are asked at once or one after the other; several
    people unlinking their accounts in one hour do not, because those who are asked between them are well.
    """
    alike, others = 0, 0
    logins: set[Hashable] = set()
    for _, together in groupby(sorted(answers, key=attrgetter("at"), reverse=True), key=attrgetter("at")):
        for one in together:
            if one.cause == cause:
                alike += 1
                logins.add(one.login)
            else:
                others += 1
        if alike >= ENOUGH_CHANNELS and alike > others and len(logins) >= ENOUGH_LOGINS:
            return True
    return False


def stands_alone(answers: Iterable[Answer], cause: str, since: datetime) -> bool:
    """Whether enough channels that were asked since then did not answer with this cause: it is this account's own."""
    asked = [one.cause == cause for one in answers if one.at >= since]
    alike = sum(asked)
    return len(asked) - alike >= max(ENOUGH_CHANNELS, alike)


def is_doubt_worn(answers: Collection[Answer], cause: str, doubted_since: datetime | None, now: datetime) -> bool:
    """Whether a doubt has stood so long, beside so many that are well, that it is no fault of everybody's any more.

    While hardly anybody passes, it never wears: the fault is Meta's or ours, and no customer can mend it.
    """
    if doubted_since is None or now - doubted_since < STALE_AFTER:
        return False
    return 4 * sum(one.cause != cause for one in answers) > len(answers)


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
