"""Times and names as a conversation shows them: by the clock, so that they stay true while the page stays open."""

import unicodedata
from datetime import date, datetime, timedelta

from flask import Blueprint
from flask_babel import format_date, format_datetime, format_time, gettext, to_user_timezone

from webapp.core import clock
from webapp.inbox.rules import story_is_over


def register(bp: Blueprint) -> None:
    for name, stamp in {
        "clock": on_the_clock,
        "stamp": short,
        "day": day,
        "until": until,
        "story_is_over": over,
    }.items():
        bp.add_app_template_filter(stamp, f"inbox_{name}")
    bp.add_app_template_filter(later, "inbox_later")
    bp.add_app_template_filter(isolated, "isolated")


def isolated(name: str) -> str:
    """A name inside a sentence. One that is written from right to left keeps its signs and numbers to itself."""
    is_other_way = any(unicodedata.bidirectional(char) in ("R", "AL") for char in name)
    return f"\u2068{name}\u2069" if is_other_way else name


def on_the_clock(moment: datetime) -> str:
    """14:05."""
    return format_time(moment, "HH:mm")  # type: ignore[no-any-return]


def short(moment: datetime) -> str:
    """For a list: the time of today, "yesterday", else the day."""
    that, today = to_user_timezone(moment).date(), _today()
    if that == today:
        return on_the_clock(moment)
    if that == today - timedelta(days=1):
        return gettext("yesterday")  # type: ignore[no-any-return]
    return format_date(moment, "M/d" if that.year == today.year else "y/M/d")  # type: ignore[no-any-return]


def day(that: date) -> str:
    """Above the messages of a day."""
    if that == _today():
        return gettext("Today")  # type: ignore[no-any-return]
    if that == _today() - timedelta(days=1):
        return gettext("Yesterday")  # type: ignore[no-any-return]
    return format_date(that, "full")  # type: ignore[no-any-return]


def until(moment: datetime) -> str:
    """When something ends: only the time if it is today."""
    if to_user_timezone(moment).date() == _today():
        return on_the_clock(moment)
    return format_datetime(moment, "M/d HH:mm")  # type: ignore[no-any-return]


def later(moment: datetime, first: datetime) -> str:
    """The end of what began at `first`: the day is said once where both are of the same."""
    is_same_day = to_user_timezone(moment).date() == to_user_timezone(first).date()
    return on_the_clock(moment) if is_same_day else until(moment)


def over(told_at: datetime) -> bool:
    """Whether a story that a message of this time spoke of has ended."""
    return story_is_over(told_at, clock.now())


def _today() -> date:
    return to_user_timezone(clock.now()).date()  # type: ignore[no-any-return]
