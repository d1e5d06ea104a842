"""When the sweep is well. Pure."""

from datetime import datetime, timedelta

from webapp.channels.rules import TAKEN_FOR

LEASE = TAKEN_FOR
# A round that found more work than an hour holds gives way to the next.
ROUND_LIFE = timedelta(hours=1)
# Later than this a channel has been missed, and no round may call itself finished.
OVERDUE_AFTER = timedelta(minutes=75)
# Without a finished round for this long somebody must look.
SILENCE = timedelta(minutes=90)
# Channels that a process takes at a time; fewer while Meta has trouble or its limit is near.
FULL, CAREFUL = 800, 50
# Percent of the app's limits from which the sweep goes slower, and at which it rests: it must never pass 80, and the
# one channel with which it asks after each rest counts too.
SLOW_FROM, REST_FROM = 60, 75
REST = timedelta(minutes=5)
# Each channel is four calls; an app is allowed 1,000 an hour from its fifth user on.
CHANNELS_A_PERCENT = 2.5
SLOWER = timedelta(seconds=3)  # for each percent


def pause_after(usage: int, told_seconds: int) -> timedelta:
    """How long nobody should sweep: what Meta told, or what keeps us below its limit."""
    told = timedelta(seconds=told_seconds)
    if usage >= REST_FROM:
        return max(told, REST)
    return max(told, SLOWER * max(0, usage - SLOW_FROM))


def at_a_time(limit: int, usage: int, *, failing: bool) -> int:
    """How many channels to take: the nearer the app's limit, the fewer, so that no step leads past where we rest."""
    if usage < SLOW_FROM:
        return min(limit, CAREFUL) if failing else limit
    return min(limit, max(1, int(CHANNELS_A_PERCENT * (REST_FROM - usage))))


def most_failed(checked: int, without_verdict: int) -> bool:
    return checked > 0 and 2 * without_verdict > checked


def enough_failed(channels: int) -> int:
    """So many channels must have failed, and none passed, until Meta's trouble is called that."""
    return min(channels, max(3, min(channels // 50, 100)))


def hour_name(now: datetime) -> str:
    """The round of an hour, the same in every process: 2026-11-22T19."""
    return f"{now:%Y-%m-%dT%H}"


def press_name(now: datetime, person_id: int) -> str:
    """The round of a press of "run now"; pressing twice within a second is pressing once."""
    return f"{now:%Y-%m-%dT%H:%M:%S} by {person_id}"
