"""What may be answered, until when and how long; what a failed reply means. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.channels.rules import evidence_of
from webapp.meta.errors import GraphError

# Messenger Platform, "Messaging windows": free for a day, then a person's own words for a week.
FREE = timedelta(hours=24)
HUMAN_AGENT = timedelta(days=7)

# Instagram counts UTF-8 bytes, Messenger characters (Send API, "Message limits").
INSTAGRAM_BYTES = 1000
MESSENGER_CHARACTERS = 2000

KINDS = (
    "text",
    "image",
    "sticker",
    "video",
    "audio",
    "file",
    "share",
    "reel",
    "post",
    "story_mention",
    "story_reply",
    "ad",
    "product",
    "link",
    "postback",
    "ephemeral",
    "unsupported",
)

# What tags can be painted with; the sheet has a class for each.
COLOURS = ("red", "orange", "green", "blue", "purple", "grey")
LONGEST_TAG = 40
LONGEST_NOTE = 2000

_EMAIL = re.compile(r"[^\s@,;<>()]+@[^\s@,;<>().]+(\.[^\s@,;<>().]+)+")
_PHONE = re.compile(r"[\d+\-()./# 轉分機ext]{5,40}")

# A booked reply is with Meta for some seconds at most; after the lease nobody knows what became of it.
LEASE = timedelta(minutes=2)
# After a temporary refusal: three more tries, then a person decides.
PAUSES = (timedelta(seconds=3), timedelta(seconds=15), timedelta(seconds=60))
# Whoever must wait longer than this is told so at once.
PATIENCE = timedelta(minutes=5)
# Meta's inbox tells words and writer of so many messages of a conversation (Conversations API).
REMOTE_DETAILED = 20
# A loss is noticed by a check, an hour late as a rule, or a day after Meta went quiet.
UNNOTICED = timedelta(hours=24)
# A backfill that Meta keeps refusing for the time being is given up after about a day.
PORTION_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60, 240, 480, 720))
# A file is with Meta's host for a minute at most. Its address lives for days: trying for one is enough.
FETCH_LEASE = timedelta(minutes=5)
FETCH_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
# So many conversations of a channel that fail within so long are not about their customers any more.
MANY = 3
TRIAGE = timedelta(minutes=30)
# A check this young has seen what there is to see.
CHECKED_LATELY = timedelta(minutes=2)
# Pictures of customers live at Meta for some days.
PROFILE_LIFE = timedelta(days=3)
# An echo belongs to a reply of ours without mid when it says the same at about the same time.
ECHO_SLACK = timedelta(minutes=10)


class Reply(StrEnum):
    """Whether a reply can be written now."""

    FREE = "free"
    HUMAN_AGENT = "human_agent"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Composer:
    """`until` is when it changes by itself; `reason` says why it is closed: lost, disconnected, window, silent.

    `may_wait`: what is written now can go out after the repair, if that comes before `until`.
    """

    reply: Reply
    until: datetime | None = None
    reason: str = ""
    may_wait: bool = False

    @property
    def is_open(self) -> bool:
        return self.reply is not Reply.CLOSED

    @property
    def key(self) -> str:
        """Differs whenever the composer has to be drawn anew."""
        return f"{self.reason or self.reply.value}{'-wait' if self.may_wait else ''}"


def composer(status: str, last_inbound_at: datetime | None, now: datetime) -> Composer:
    """Whether and how to answer, from the channel's status and the customer's last message."""
    if status in ("lost", "disconnected"):
        over = last_inbound_at + HUMAN_AGENT if last_inbound_at else now
        may_wait = status == "lost" and now < over
        return Composer(Reply.CLOSED, until=over if may_wait else None, reason=status, may_wait=may_wait)
    if last_inbound_at is None:
        return Composer(Reply.CLOSED, reason="silent")
    if now < last_inbound_at + FREE:
        return Composer(Reply.FREE, until=last_inbound_at + FREE)
    if now < last_inbound_at + HUMAN_AGENT:
        return Composer(Reply.HUMAN_AGENT, until=last_inbound_at + HUMAN_AGENT)
    return Composer(Reply.CLOSED, reason="window")


class Held(StrEnum):
    """What happens now to a reply that waits for the repair."""

    WAITS = "waits"
    GOES = "goes"
    TOO_LATE = "too_late"


def held(status: str, last_inbound_at: datetime | None, now: datetime) -> Held:
    if last_inbound_at is None or now >= last_inbound_at + HUMAN_AGENT:
        return Held.TOO_LATE
    return Held.WAITS if status in ("lost", "disconnected") else Held.GOES


def is_too_long(platform: str, text: str) -> bool:
    if platform == "instagram":
        return len(text.encode("utf-8", "replace")) > INSTAGRAM_BYTES
    return len(text) > MESSENGER_CHARACTERS


def tidy(text: str) -> str:
    """A text as it will be sent: forms send CRLF, and a lone surrogate or a NUL cannot be sent at all."""
    plain = text.replace("\r\n", "\n").replace("\x00", "").strip()
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def next_try(tries: int, retry_after: int | None, now: datetime) -> datetime | None:
    """When to send again after the `tries`-th temporary refusal, None to leave it to a person.

    `retry_after` is what Meta asked for, in seconds.
    """
    if not 1 <= tries <= len(PAUSES):
        return None
    pause = max(PAUSES[tries - 1], timedelta(seconds=retry_after or 0))
    return now + pause if pause <= PATIENCE else None


def gap_begins(lost_at: datetime, connected_at: datetime) -> datetime:
    """From when on messages may be missing: before the loss was noticed, and not before the account was ours."""
    since = lost_at - UNNOTICED
    return max(since, connected_at) if connected_at <= lost_at else since


def next_portion(tries: int, retry_after: int | None, now: datetime) -> datetime | None:
    """When a backfill goes on after its `tries`-th temporary refusal in a row; None gives it up.

    `retry_after` is what Meta asked for, in seconds.
    """
    return _later(PORTION_PAUSES, tries, retry_after, now)


def fetch_again(tries: int, retry_after: int | None, now: datetime) -> datetime | None:
    """When to ask for a file again after the `tries`-th failure; None gives it up."""
    return _later(FETCH_PAUSES, tries, retry_after, now)


def _later(pauses: Sequence[timedelta], tries: int, retry_after: int | None, now: datetime) -> datetime | None:
    if not 1 <= tries <= len(pauses):
        return None
    return now + max(pauses[tries - 1], timedelta(seconds=retry_after or 0))


def is_email(text: str) -> bool:
    """Whether a mail could be sent there; only sending one would tell more."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Digits with what people write between them, and perhaps an extension."""
    return 5 <= sum(char.isdigit() for char in text) <= 20 and _PHONE.fullmatch(text) is not None


def story_is_over(at: datetime, now: datetime) -> bool:
    """A story can be seen for a day."""
    return now >= at + timedelta(hours=24)


def problem_of(error: GraphError) -> dict[str, object]:
    """What is said of a refusal by Meta, and what support asks for."""
    return {"kind": error.meaning.kind.value, "cause": error.meaning.cause, **evidence_of(error)}


def speaks_of_more(problem: Mapping[str, object] | None) -> bool:
    """Whether a failed reply's reason may lie with the customer or the channel, not with time, file or network."""
    return problem is not None and problem.get("kind") in ("recipient", "request", "permission", "channel", "routing")
