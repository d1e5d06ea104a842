"""Meta's refusals as exceptions: read from any shape of answer, understood by code and subcode only.

Sources: Graph API error handling and rate limiting (v25.0); the table is in `meanings.py`.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from webapp.meta.meanings import APP_FAULT, TRANSIENT, Cause, Kind, Meaning, look_up

__all__ = [
    "AppRefused",
    "Cause",
    "FileForeign",
    "FileGone",
    "GraphError",
    "Kind",
    "Meaning",
    "NotSent",
    "OutcomeUnknown",
    "meaning",
    "parse_error",
]

# Meta quotes a garbled token back to us, so a long run with both letters and digits never stays in a text.
_TOKEN_LIKE = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,}")

_LONGEST_WAIT = 24 * 3600  # seconds; a limit is a rolling window of a day at most

E = TypeVar("E", bound="GraphError")


class GraphError(Exception):
    """A refusal from Meta, or no usable answer (`code` None). Holds no token and no request.

    `retry_after` is in seconds, where Meta's headers told it. `message` is Meta's text for the operator,
    with everything token-like struck out: nothing may be decided by it.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        subcode: int | None = None,
        type: str = "",
        is_transient: bool = False,
        trace_id: str = "",
        http_status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.subcode = subcode
        self.type = type
        self.is_transient = is_transient
        self.trace_id = trace_id
        self.http_status = http_status
        self.retry_after = retry_after

    def __str__(self) -> str:
        name = "no answer" if self.code is None else f"code {self.code}"
        if self.subcode is not None:
            name += f"/{self.subcode}"
        return f"{name}: {self.message}" if self.message else name

    @property
    def meaning(self) -> Meaning:
        return meaning(self)

    def as_answer(self) -> Self:
        """The error as a value beside other answers: with its trace it would keep them all in memory, and they it."""
        return self.with_traceback(None)

    def recast(self, kind: type[E]) -> E:
        """The same facts as another kind of error."""
        return kind(
            self.message,
            code=self.code,
            subcode=self.subcode,
            type=self.type,
            is_transient=self.is_transient,
            trace_id=self.trace_id,
            http_status=self.http_status,
            retry_after=self.retry_after,
        )


class OutcomeUnknown(GraphError):
    """We sent something and no answer came: it may or may not have happened. Never repeat it blindly."""


class NotSent(GraphError):
    """The request never left us, so repeating it is safe."""


class FileGone(Exception):
    """Meta does not hold this file any more: its address expired, or it was taken back."""


class FileForeign(Exception):
    """Not a file that we fetch: it lies elsewhere than at Meta, or is too large."""


class AppRefused(GraphError):
    """Meta refused our app's own token, for instance after its secret was renewed.

    Its code may well be 190, but it says nothing about anybody's channel.
    """


def meaning(error: GraphError) -> Meaning:
    """What a refusal is about. `is_transient` and a missing answer come before any code."""
    if error.is_transient:
        return TRANSIENT
    row = look_up(error.code, error.subcode)
    return APP_FAULT if isinstance(error, AppRefused) and row != TRANSIENT else row


def parse_error(
    payload: object, http_status: int | None = None, headers: Mapping[str, str] | None = None
) -> GraphError:
    """Read a refusal out of an answer of any shape; what cannot be read stays empty (`code` None).

    Takes Graph's `{"error": {…}}`, debug_token's with `subcode`, OAuth's `{"error": "…"}` and
    Instagram's `{"error_type", "error_message"}`.
    """
    told = {name.lower(): value for name, value in (headers or {}).items()}
    error = _fields(payload)
    return GraphError(
        _text(error.get("message")),
        code=_number(error.get("code")),
        subcode=_number(error.get("error_subcode", error.get("subcode"))),
        type=_text(error.get("type")),
        is_transient=error.get("is_transient") in (True, "true"),
        trace_id=_trace_id(error.get("fbtrace_id") or told.get("x-fb-trace-id")),
        http_status=http_status,
        retry_after=_retry_after(told),
    )


def _fields(payload: object) -> dict[str, Any]:
    if not isinstance(payload, dict):
        return {}
    error = payload.get("error")
    if isinstance(error, dict):
        return error
    if "error_type" in payload or "error_message" in payload:
        names = {"message": "error_message", "type": "error_type", "code": "code"}
        return {name: payload.get(wire) for name, wire in names.items()}
    return {"type": error, "message": payload.get("error_description")}


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) else None


def _text(value: object) -> str:
    return _TOKEN_LIKE.sub("…", value)[:500] if isinstance(value, str) else ""


def _trace_id(value: object) -> str:
    return value[:64] if isinstance(value, str) and re.fullmatch(r"[\w/+=-]+", value) else ""


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds, the longest of what the headers ask."""
    asked = [_number(headers.get("retry-after", "").strip()) or 0]
    asked += [60 * minutes for minutes in _minutes_to_regain(headers.get("x-business-use-case-usage", ""))]
    return min(max(asked), _LONGEST_WAIT) or None


def _minutes_to_regain(header: str) -> list[int]:
    """`estimated_time_to_regain_access` of every object and use case of the header, minutes."""
    try:
        usage = json.loads(header) if header else {}
    except (ValueError, RecursionError):
        return []
    if not isinstance(usage, dict):
        return []
    rows = [row for group in usage.values() if isinstance(group, list) for row in group]
    found = [_number(row.get("estimated_time_to_regain_access")) for row in rows if isinstance(row, dict)]
    return [minutes for minutes in found if minutes and minutes > 0]
