"""Ask Meta about many channels at once: full batches, several threads, and an end as soon as asking is of no use."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice

from webapp.channels.actions.watched import Watched
from webapp.channels.actions.why import why
from webapp.channels.doubt import Trouble, is_throttled, page_pause, trouble
from webapp.channels.rules import HEALTHY, NO_VERDICT, Verdict, judge, judge_refusal
from webapp.channels.status import Status
from webapp.core.crypto import Secret, SecretUnreadable
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
_FORGOTTEN = Verdict(Status.LOST, Cause.APP_REMOVED, {"source": "data_deletion"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A portion that came back. `unasked` were kept from being answered by the limit of the whole app."""

    channels: Sequence[Watched]
    verdicts: dict[int, Verdict]
    pauses: dict[int, int]
    unasked: frozenset[int]
    trouble: Trouble
    requests: int

    @property
    def is_futile(self) -> bool:
        """Whether asking on would be of no use: nothing came of it, or Meta wants to be left alone."""
        nothing = all(verdict.status is None for verdict in self.verdicts.values())
        return bool(self.trouble.seconds) or (nothing and bool(self.verdicts))


def ask(channels: Sequence[Watched], meta: Meta) -> Iterator[Asked]:
    """Portions as they come back, in any order. Ends early when asking on is futile: the rest is not asked about."""
    portions = [channels[start : start + PORTION] for start in range(0, len(channels), PORTION)]
    if len(portions) <= 1:
        yield from (ask_portion(portion, meta) for portion in portions)
        return
    waiting, deadline = iter(portions), time.monotonic() + PATIENCE
    with ThreadPoolExecutor(THREADS) as threads:
        running = {threads.submit(ask_portion, portion, meta) for portion in islice(waiting, THREADS)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            back = [one.result() for one in done]
            if any(asked.is_futile for asked in back) or usage(meta) >= MOST_USAGE or time.monotonic() > deadline:
                waiting = iter(())
            # The next ones are under way before anybody writes down what the last ones brought.
            running |= {threads.submit(ask_portion, portion, meta) for portion in islice(waiting, len(back))}
            yield from back


def usage(meta: Meta) -> int:
    """Percent of the app's limits used: the highest of calls, time and computing time."""
    return max(meta.app_usage.values(), default=0)


def ask_portion(channels: Sequence[Watched], meta: Meta) -> Asked:
    """Ask and judge. A token that no key opens is our own fault, and is not asked about."""
    began = meta.requests_sent
    verdicts = {one.id: _FORGOTTEN if one.page_token is None else _KEY_MISSING for one in channels}
    readable = [(channel, token) for channel in channels if (token := opened(channel.id, channel.page_token))]
    probes = [Probe(channel.subject.platform, channel.page_id, token) for channel, token in readable]
    found = meta.check(probes) if probes else []
    for (channel, token), findings in zip(readable, found, strict=True):
        verdicts[channel.id] = _verdict(channel, token, findings, meta)
    by_channel = {channel.id: one for (channel, _), one in zip(readable, found, strict=True)}
    return Asked(
        channels=channels,
        verdicts=verdicts,
        pauses={channel_id: page_pause(one) for channel_id, one in by_channel.items()},
        unasked=_unasked(by_channel, verdicts),
        trouble=trouble(found),
        requests=meta.requests_sent - began,
    )


def _unasked(found: dict[int, Findings], verdicts: dict[int, Verdict]) -> frozenset[int]:
    return frozenset(
        channel_id for channel_id, one in found.items() if verdicts[channel_id].status is None and is_throttled(one)
    )


def _verdict(channel: Watched, token: Secret, findings: Findings, meta: Meta) -> Verdict:
    verdict = judge(channel.subject, findings)
    if verdict.cause is Cause.NOT_SUBSCRIBED:
        return _repair(channel, token, verdict, meta)
    if verdict.cause is None:
        return verdict
    return replace(verdict, cause=why(channel.subject, verdict.cause, opened(channel.id, channel.user_token), meta))


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


def opened(channel_id: int, sealed: Secret | None) -> Secret | None:
    """The token, ready for use; None where there is none, or no key opens it."""
    try:
        return Secret(sealed.reveal()) if sealed is not None else None
    except SecretUnreadable:
        log.error("no key of TOKEN_KEYS opens a token of channel %s", channel_id)
        return None
