"""Single values as Meta writes them, made safe to keep. Nothing here raises."""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

Json = Mapping[str, object]

EMPTY: Json = {}
LONGEST_TEXT = 20_000
# Meta's longest ids have some 200 characters; a longer one still has to stay itself and fit an index.
LONGEST_ID = 500
LONGEST_URL = 4_000

# Seconds of the year 2286; numbers above are milliseconds.
_MOST_SECONDS = 10_000_000_000
_OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(minutes=5)


def an_object(value: object) -> Json:
    return value if isinstance(value, dict) else EMPTY


def a_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def a_text(value: object) -> str:
    """A text that every database takes: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str):
        return ""
    # Most of what Meta writes has no letter that could be half of anything, and is not rewritten to find that out.
    whole = value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "")[:LONGEST_TEXT]


def an_id(value: object) -> str:
    """An id written as text or number, empty when there is none."""
    if isinstance(value, str):
        text = a_text(value)
    else:
        text = _digits(value) if isinstance(value, int) and not isinstance(value, bool) else ""
    if len(text) <= LONGEST_ID:
        return text.strip()
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def a_count(value: object) -> int:
    """A small number of things, 0 when there is none."""
    number = _number(value)
    return int(number) if number is not None and 0 < number < 1_000_000 else 0


def an_address(value: object) -> str:
    """An http(s) address, empty for everything else: it will stand in a link."""
    text = a_text(value).strip()
    is_web = text.lower().startswith(("https://", "http://"))
    return text if is_web and len(text) <= LONGEST_URL else ""


def a_moment(value: object, latest: datetime) -> datetime | None:
    """A time in seconds, milliseconds or as text; None when it is no time.

    `latest` is when the delivery came: a clock that runs ahead must not keep a message on top for ever.
    """
    number = _number(value)
    if number is None or not 0 < number < _MOST_SECONDS * 1000:
        return None
    seconds = number if number < _MOST_SECONDS else number / 1000
    moment = datetime.fromtimestamp(seconds, UTC)
    if moment < _OLDEST:
        return None
    return latest if moment > latest + _CLOCK_SLACK else moment


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and len(value) > 40:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _digits(value: int) -> str:
    # Python refuses to write very long numbers as text; no id has that many digits.
    return str(value) if abs(value) < 10**60 else ""
