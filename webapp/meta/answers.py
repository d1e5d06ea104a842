"""From bytes on the wire to a JSON object, or a named error: every answer passes here."""

import json
import time
from collections.abc import Mapping
from typing import Any

from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from webapp.meta.errors import GraphError, parse_error

Json = dict[str, Any]

MOST_BYTES = 10 * 1024 * 1024
_CHUNK = 64 * 1024


class AnswerBroken(Exception):
    """The answer stopped half-way, came too slowly or was too large."""


def read_body(response: BaseHTTPResponse, *, deadline: float) -> bytes:
    """The whole body, bounded in size and, by the monotonic `deadline`, in time. Raises AnswerBroken."""
    parts: list[bytes] = []
    size = 0
    try:
        # read1 comes back with what is there: a drip of single bytes meets the deadline too.
        while chunk := response.read1(_CHUNK, decode_content=True):
            parts.append(chunk)
            size += len(chunk)
            if size > MOST_BYTES or time.monotonic() > deadline:
                break
        else:
            return b"".join(parts)
    except (HTTPError, OSError, ValueError):
        pass  # their texts quote the address, token included
    raise AnswerBroken


def read_answer(status: int, body: bytes | str, headers: Mapping[str, str]) -> object:
    """The JSON of a good answer; raises GraphError for a refusal under any HTTP status, or for garbage."""
    try:
        payload: object = json.loads(body)
    except (ValueError, RecursionError):
        payload = None  # the parser's exception holds the whole body: it ends here
    if payload is None or not 200 <= status < 300 or _is_refusal(payload):
        raise parse_error(payload, status, headers)
    return payload


def as_object(payload: object) -> Json:
    """The payload if it is a JSON object; anything else is no usable answer."""
    if not isinstance(payload, dict):
        raise GraphError("the answer is not an object")
    return payload


def rows(payload: Json) -> list[Json]:
    """The objects under `data` of a listing."""
    data = payload.get("data")
    if not isinstance(data, list):
        raise GraphError("the answer is not a listing")
    return [as_object(row) for row in data]


def _is_refusal(payload: object) -> bool:
    if not isinstance(payload, dict):
        return False
    return payload.get("error") is not None or "error_message" in payload
