"""What kind of step helps against each cause, so that no button promises what it cannot do. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from webapp.channels.models import Channel
from webapp.channels.status import Status
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


@dataclass(frozen=True, slots=True)
class Together:
    """Lost accounts that hang on one login: `user` signs in again once, for any of them, and all of them work."""

    user: str
    channels: list[Channel]

    @property
    def accounts(self) -> int:
        return len(self.channels)


def is_revivable(one: Channel) -> bool:
    """Whether signing in to Facebook again is all that it takes."""
    return one.status == Status.LOST and remedy(one.cause) is Remedy.REAUTHORISE


def together(channels: Iterable[Channel]) -> list[Together]:
    """The logins that revive more than one of these channels, in the order of the channels."""
    lost: dict[tuple[int | None, str], list[Channel]] = defaultdict(list)
    for one in channels:
        if one.grant and is_revivable(one):
            lost[one.grant_id, one.grant.facebook_user_name].append(one)
    return [Together(user, found) for (_grant, user), found in lost.items() if len(found) > 1]
