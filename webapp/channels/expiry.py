"""When an authorisation ends by itself, and from when on people are warned. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WARN_AHEAD = timedelta(days=7)
# Renewed before anybody is warned, with a week of tries.
RENEW_AHEAD = timedelta(days=14)


class Ends(StrEnum):
    """Meta's two clocks. The token's can be wound up quietly; that of the access to data by a person alone."""

    TOKEN = "token"
    DATA_ACCESS = "data_access"


@dataclass(frozen=True, slots=True)
class Ending:
    what: Ends
    at: datetime
    is_over: bool

    def days(self, now: datetime) -> int:
        """Whole days that are left, rounded up."""
        return -(-(self.at - now) // timedelta(days=1))


def ending(token: datetime | None, data_access: datetime | None, now: datetime) -> Ending | None:
    """What ends within a week, or has ended; the first of the two. None where Meta names no end."""
    known = [(at, what) for at, what in ((token, Ends.TOKEN), (data_access, Ends.DATA_ACCESS)) if at is not None]
    if not known:
        return None
    at, what = min(known, key=lambda one: one[0])
    return Ending(what, at, at <= now) if at - now <= WARN_AHEAD else None
