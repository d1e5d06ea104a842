"""Which channels a login covers, and which it has cut off. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.channels.offers import Held, Reason, choices
from webapp.channels.rules import NEEDED, Subject, explain
from webapp.meta.errors import Cause
from webapp.meta.gateway import TokenState

_NOBODY_HOLDS = Held(here=frozenset(), elsewhere=frozenset(), room_left=1)
CUTS_OFF = (Cause.PAGE_UNTICKED, Cause.PERMISSION_CANCELLED)


@dataclass(frozen=True, slots=True)
class Cover:
    """What a login has for a channel: the Page to use, or the reason why not, with the permissions it names."""

    page_id: str
    reason: Reason | None = None
    detail: str = ""


def cut_off_cause(subject: Subject, state: TokenState, missing_scopes: Iterable[str]) -> Cause | None:
    """Why a login no longer covers a channel of its Facebook user; None where it does, or where it cannot be said."""
    if set(NEEDED[subject.platform]).intersection(missing_scopes):
        return Cause.PERMISSION_CANCELLED
    cause = explain(subject, state) if state.is_valid else None
    return cause if cause in CUTS_OFF else None


def cover(subject: Subject, offers: Iterable[Mapping[str, Any]], missing_scopes: Iterable[str]) -> Cover:
    """Whether the Facebook user behind these offers could carry a channel as well as the one who does now."""
    rows = choices(subject.platform, offers, missing_scopes, _NOBODY_HOLDS)
    same = [row for row in rows if row.external_id == subject.external_id]
    near = same or [row for row in rows if row.page_id == subject.page_id]
    if not near:
        return Cover(subject.page_id, Reason.NOT_SHARED)
    best = near[0]
    reason = best.reason or (None if same else Reason.NO_INSTAGRAM)
    return Cover(best.page_id, reason, best.detail)
