"""What kind of step helps against each cause, so that no button promises what it cannot do. Pure."""

from enum import StrEnum

from webapp.meta.errors import Cause


class Remedy(StrEnum):
    REAUTHORISE = "reauthorise"  # signing in to Facebook again is enough
    ELSEWHERE_FIRST = "elsewhere_first"  # something on Facebook comes first; before it, signing in again fails
    CHECK = "check"  # mended on Facebook or Instagram alone; a check then sees it
    WAIT = "wait"  # nothing that anybody in the workspace could do


_OTHERS = {
    Cause.SECURITY_CHECK: Remedy.ELSEWHERE_FIRST,
    Cause.ROLE_LOST: Remedy.ELSEWHERE_FIRST,
    Cause.PAGE_DELETED: Remedy.ELSEWHERE_FIRST,
    Cause.INSTAGRAM_UNLINKED: Remedy.CHECK,
    Cause.NOT_BUSINESS: Remedy.CHECK,
    Cause.ACCESS_OFF: Remedy.CHECK,
    Cause.OTHER_RECEIVER: Remedy.CHECK,
    Cause.RESTRICTED: Remedy.WAIT,
    Cause.APP_FAULT: Remedy.WAIT,
}


def remedy(cause: str | None) -> Remedy:
    """The kind of step; signing in again where the cause is not known."""
    return _OTHERS.get(Cause(cause), Remedy.REAUTHORISE) if cause else Remedy.REAUTHORISE
