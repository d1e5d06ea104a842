"""Ask Meta about many channels at once: full batches, several threads, and an end as soon as asking is of no use."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial

from webapp.channels.actions.ends import MovedEnd, moved_end
from webapp.channels.actions.watched import Watched
from webapp.channels.actions.why import why
from webapp.channels.doubt import Trouble, is_throttled, page_pause, trouble
from webapp.channels.rules import HEALTHY, NO_VERDICT, Verdict, another_app_answers, judge, judge_refusal
from webapp.channels.status import Status
from webapp.core.crypto import Secret, opened
from webapp.meta.errors import Cause, GraphError
from webapp.meta.gateway import Findings, Meta, Probe

log = logging.getLogger("webapp.channels")

# Four questions each: four batch requests of Meta's fifty.
PORTION = 50
# Requests under way at once. Waiting for Meta is most of a check, so threads are enough.
THREADS = 16
# A slow Meta must not keep channels longer than they were taken for (the sweep's lease is five minutes): after
# this many seconds no further portion begins.
PATIENCE = 120.0
# Percent of the app's limits (Graph API rate limiting: X-App-Usage) at which no further portion begins: what is
# under way by then still counts, and must not lead past 80.
MOST_USAGE = 60

_KEY_MISSING = Verdict(Status.ATTENTION, Cause.APP_FAULT, {"source": "TOKEN_KEYS"})
# The person behind it had their data deleted: a held channel is without a token only then.
_FORGOTTEN = Verdict(Status.LOST, Cause.APP_REMOVED, {"source": "data_deletion"}, by_token=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """A portion that came back. `unasked` were kept from being answered by the limit of the whole app."""

    channels: Sequence[Watched]
    verdicts: dict[int, Verdict]
    pauses: dict[int, int]
    unasked: frozenset[int]
    trouble: Trouble
    requests: int
    ends: Sequence[MovedEnd] = ()

    @property
    def is_futile(self) -> bool:
        """Whether asking on would be of no use: nothing came of it, or Meta wants to be left alone."""
        nothing = all(verdict.status is None for verdict in self.verdicts.values())
        return bool(self.trouble.seconds) or (nothing and bool(self.verdicts))


class Asking:
    """Asks about many channels in threads, portion by portion; several batches may be under way at once.

    As soon as asking on is futile no further portion begins, of any batch, until somebody says `resume`: what was not
    asked about is left out of what comes back.
    """

    def __init__(self, meta: Meta) -> None:
        self.meta = meta
        self.is_stopped = False
        self._threads = ThreadPoolExecutor(THREADS)

    def begin(self, channels: Sequence[Watched]) -> "UnderWay":
        portions = [channels[start : start + PORTION] for start in range(0, len(channels), PORTION)]
        deadline = time.monotonic() + PATIENCE
        if len(portions) == 1:
            # One portion needs no thread.
            return UnderWay(here=partial(self._ask, channels, deadline))
        return UnderWay([self._threads.submit(self._ask, portion, deadline) for portion in portions])

    def stop(self) -> None:
        self.is_stopped = True

    def resume(self) -> None:
        self.is_stopped = False

    def close(self) -> None:
        self.stop()
        self._threads.shutdown()

    def _ask(self, channels: Sequence[Watched], deadline: float) -> "Asked | None":
        """Decided in the thread itself: nobody must be asked between the answer that says stop and its being heard."""
        if self.is_stopped or time.monotonic() > deadline:
            return None
        asked = ask_portion(channels, self.meta)
        if asked.is_futile or usage(self.meta) >= MOST_USAGE:
            self.stop()
        return asked


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A batch that is being asked about: in threads, or `here` when somebody wants to hear of it."""

    running: "Sequence[Future[Asked | None]]" = ()
    here: "Callable[[], Asked | None] | None" = None

    def back(self) -> Iterator[Asked]:
        """Portions as they come back, in any order."""
        answers = [self.here()] if self.here else (one.result() for one in as_completed(self.running))
        return filter(None, answers)


def usage(meta: Meta) -> int:
    """Percent of the app's limits used: the highest of calls, time and computing time."""
    return max(meta.app_usage.values(), default=0)


def ask_portion(channels: Sequence[Watched], meta: Meta) -> Asked:
    """Ask and judge. A token that no key opens is our own fault, and is not asked about."""
    began = meta.requests_sent
    verdicts = {one.id: _FORGOTTEN if one.page_token is None else _KEY_MISSING for one in channels}
    readable = [(channel, token) for channel in channels if (token := opened(channel.page_token))]
    probes = [
        Probe(channel.subject.platform, channel.page_id, token, channel.listened_to or "")
        for channel, token in readable
    ]
    found = meta.check(probes) if probes else []
    for (channel, token), findings in zip(readable, found, strict=True):
        verdicts[channel.id] = _verdict(channel, token, findings, meta)
    troubled = {channel.id: one for (channel, _), one in zip(readable, found, strict=True) if one.errors}
    return Asked(
        channels=channels,
        verdicts=verdicts,
        pauses={channel_id: page_pause(one) for channel_id, one in troubled.items()},
        unasked=frozenset(
            channel_id
            for channel_id, one in troubled.items()
            if verdicts[channel_id].status is None and is_throttled(one)
        ),
        trouble=trouble(troubled.values()),
        requests=meta.requests_sent - began,
        ends=list(filter(None, map(moved_end, (channel for channel, _ in readable), (one.token for one in found)))),
    )


def _verdict(channel: Watched, token: Secret, findings: Findings, meta: Meta) -> Verdict:
    verdict = judge(channel.subject, findings)
    if verdict is HEALTHY and channel.listened_to and channel.cause == Cause.OTHER_RECEIVER:
        # A refused reply proved it, or an earlier check. Messages still come for listeners only: it holds until the
        # opposite is proven.
        answered = another_app_answers(channel.subject, findings)
        return HEALTHY if answered is False else Verdict(Status.ATTENTION, Cause.OTHER_RECEIVER)
    if verdict.cause is Cause.NOT_SUBSCRIBED:
        return _repair(channel, token, verdict, meta)
    if verdict.cause is None:
        return verdict
    return replace(verdict, cause=why(channel.subject, verdict.cause, opened(channel.user_token), meta))


def _repair(channel: Watched, token: Secret, verdict: Verdict, meta: Meta) -> Verdict:
    """A missing subscription is ours to mend; only a refusal makes it the person's matter."""
    try:
        meta.subscribe(channel.page_id, token)
        fields = meta.subscribed_fields(channel.page_id, token)
    except GraphError as error:
        refusal = judge_refusal(error)
        return refusal if refusal.status else NO_VERDICT
    log.info("subscription of channel %s repaired", channel.id)
    return HEALTHY if "messages" in fields else verdict
