"""When a mail is tried again. Pure."""

from datetime import datetime, timedelta

# So long a mail is tried that the server refuses itself.
LIFE = timedelta(days=7)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# A server that is down says nothing about the mail, so the mail must not wait long once it is back.
SERVER_PAUSE = timedelta(minutes=5)
# How often a mail is given to a server without learning what became of it: it may have come as often.
MOST_UNKNOWN = 2


def is_hopeless(written_at: datetime, *, server_down: bool, now: datetime) -> bool:
    """Whether a mail that was not taken is given up. That the server is down says nothing about it, however long: it
    waits until it goes out, or until what it tells of is over (see occasions.py).
    """
    return not server_down and now - written_at >= LIFE


def next_try(tries: int, *, server_down: bool, unknown: bool = False, now: datetime) -> datetime:
    """When to try again after failure number `tries`: pauses double from a minute up to their limit.

    After an `unknown` outcome it is the longest at once: the second chance is the last.
    """
    if unknown:
        return now + LONGEST_PAUSE
    longest = SERVER_PAUSE if server_down else LONGEST_PAUSE
    doubled: timedelta = FIRST_PAUSE * (1 << min(tries - 1, 10))
    return now + min(doubled, longest)
