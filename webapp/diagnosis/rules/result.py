"""A result of one check, and what all of them come to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    PASS = "pass"
    WARNING = "warning"
    FAIL = "fail"
    # Not asked, not answered, or not to be read through any API: said as such, never guessed.
    UNKNOWN = "unknown"


_WEIGHT = {Mark.FAIL: 2, Mark.WARNING: 1, Mark.PASS: 0}


@dataclass(frozen=True, slots=True)
class Result:
    """What one check came to. `word` names the sentence that says it; `facts` are what that sentence names.

    `asked` and `came` are the evidence, in Meta's own terms and without any token.
    """

    check: str
    mark: Mark
    word: str
    asked: str = ""
    came: str = ""
    at: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Result":
        return cls(**{**data, "mark": Mark(data["mark"])})

    @property
    def when(self) -> datetime | None:
        return datetime.fromisoformat(self.at) if self.at else None


@dataclass(frozen=True, slots=True)
class Summary:
    """One sentence's worth: the finding to mend first, and how sure we are of it (sure, likely, none)."""

    first: Result | None
    certainty: str
    others: int


def summarise(results: Sequence[Result]) -> Summary:
    """The first failure in order of the checks explains those after it; a warning counts where nothing failed."""
    failed = [one for one in results if one.mark is Mark.FAIL]
    warned = [one for one in results if one.mark is Mark.WARNING]
    if failed:
        return Summary(failed[0], "sure", len(failed) + len(warned) - 1)
    if warned:
        return Summary(warned[0], "likely", len(warned) - 1)
    unanswered = [one for one in results if one.mark is Mark.UNKNOWN and one.word in ("no_answer", "app_fault")]
    if unanswered:
        return Summary(unanswered[0], "unanswered", len(unanswered) - 1)
    return Summary(None, "none", 0)


def compare(results: Sequence[Result], earlier: Sequence[Result]) -> dict[str, str]:
    """Check → better or worse than in the diagnosis before; a check that is as it was is not named.

    What could not be known, then or now, is neither.
    """
    was = {one.check: _WEIGHT.get(one.mark) for one in earlier}
    changes = {}
    for one in results:
        before, current = was.get(one.check), _WEIGHT.get(one.mark)
        if before is not None and current is not None and before != current:
            changes[one.check] = "better" if current < before else "worse"
    return changes
