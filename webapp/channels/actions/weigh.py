"""What is to be written of each check: a failure that most answer alike is not believed of anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.channels import evidence
from webapp.channels.actions.watched import Watched
from webapp.channels.doubt import Answer, is_alike, is_doubt_worn, is_suspect, stands_alone
from webapp.channels.rules import NO_VERDICT, Verdict
from webapp.core import db


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict to be written. `pause` is how many seconds the Page's own limit asks for, `authorized_at` names the
    token that was asked with. `doubted` is the cause that was named and is not believed; `is_certain`: it needs no
    look at what others answer.
    """

    channel_id: int
    authorized_at: datetime
    verdict: Verdict
    pause: int = 0
    doubted: str | None = None
    is_held: bool = False
    is_certain: bool = False

    def says_nothing_new(self, read: Watched) -> bool:
        same = self.verdict.status is None or (self.verdict.status, self.verdict.cause) == read.state
        return same and self.doubted == read.doubted


def weigh(
    judged: Sequence[Watched], found: Mapping[int, Verdict], pauses: Mapping[int, int], now: datetime
) -> list[Checked]:
    """What is to be written of each: a failure that most answer alike says nothing of this one account."""
    causes = {one.id: str(found[one.id].cause) for one in judged if is_suspect(one.state, found[one.id])}
    answers = _answers(judged, causes, now)
    alike = {cause for cause in set(causes.values()) if is_alike(answers, cause)}
    weighed = []
    for one in judged:
        verdict, pause, cause = found[one.id], pauses.get(one.id, 0), causes.get(one.id)
        worn = cause is not None and is_doubt_worn(answers, cause, one.doubted_since, now)
        if cause in alike and not worn:
            weighed.append(Checked(one.id, one.authorized_at, NO_VERDICT, pause, cause, is_held=True))
            continue
        doubted = one.doubted if verdict.status is None else None
        weighed.append(Checked(one.id, one.authorized_at, verdict, pause, doubted, is_certain=worn))
    return weighed


def _answers(judged: Sequence[Watched], causes: Mapping[int, str], now: datetime) -> list[Answer]:
    """What these channels answer, together with what others answered lately, where that can make a difference."""
    here = [Answer(one.id, one.grant_id, now, causes.get(one.id)) for one in judged]
    if all(stands_alone(here, cause, now) for cause in set(causes.values())):
        return here
    asked = {one.id for one in judged}
    elsewhere = [one for one in evidence.answers(now) if one.channel_id not in asked]
    db.leave()
    return here + elsewhere
