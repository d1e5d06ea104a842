"""When the sweep is well. Pure."""

from datetime import datetime, timedelta

# A claimed channel whose process died comes back after this.
LEASE = timedelta(minutes=5)
# A round that found more work than an hour holds gives way to the next.
ROUND_LIFE = timedelta(hours=1)
# Later than this a channel has been missed, and no round may call itself finished.
OVERDUE_AFTER = timedelta(minutes=75)
# Without a finished round for this long somebody must look.
SILENCE = timedelta(minutes=90)


def hour_name(now: datetime) -> str:
    """The round of an hour, the same in every process: 2026-11-22T19."""
    return f"{now:%Y-%m-%dT%H}"


def press_name(now: datetime, person_id: int) -> str:
    """The round of a press of "run now"; pressing twice within a second is pressing once."""
    return f"{now:%Y-%m-%dT%H:%M:%S} by {person_id}"
