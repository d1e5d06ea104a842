"""Pure: from what was asked and answered to a result, and from results to one sentence."""

from webapp.diagnosis.rules.result import Mark, Result, Summary, compare, summarise

__all__ = ["Mark", "Result", "Summary", "compare", "summarise"]
