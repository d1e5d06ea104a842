"""Lists in Meta's form: data, cursors, `next` and `previous` with the token in them."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from sandbox.graph import errors
from sandbox.graph.call import GraphCall

DEFAULT_LIMIT = 25
MOST = 100
Row = TypeVar("Row")


def cursor(key: str) -> str:
    return base64.urlsafe_b64encode(f"c:{key}".encode()).decode().rstrip("=")


def _key(text: str) -> str:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError as error:
        raise errors.bad_parameter("Invalid cursors values") from error
    if not raw.startswith("c:"):
        raise errors.bad_parameter("Invalid cursors values")
    return raw[2:]


def page(
    call: GraphCall,
    rows: Sequence[Row],
    key: Callable[[Row], str],
    show: Callable[[Row], dict[str, Any]],
    path: str = "",
) -> dict[str, Any]:
    """The part of `rows` that limit, after and before name. `path` is for `next` (default: this call's)."""
    limit = max(1, min(call.number("limit", DEFAULT_LIMIT), MOST))
    keys = [key(row) for row in rows]
    start = _start(call, keys, limit)
    shown = list(rows[start : start + limit])
    answer: dict[str, Any] = {"data": [show(row) for row in shown]}
    if shown:
        answer["paging"] = _paging(call, keys, start, start + len(shown), path or call.path)
    if call.params.get("summary") in ("1", "true", "total_count", 1, True):
        answer["summary"] = {"total_count": len(rows)}
    return answer


def _start(call: GraphCall, keys: list[str], limit: int) -> int:
    after, before = call.text("after"), call.text("before")
    wanted = _key(after or before) if after or before else None
    if wanted is None:
        return 0
    if wanted not in keys:
        return len(keys)
    return keys.index(wanted) + 1 if after else max(0, keys.index(wanted) - limit)


def _paging(call: GraphCall, keys: list[str], start: int, end: int, path: str) -> dict[str, Any]:
    first, last = cursor(keys[start]), cursor(keys[end - 1])
    paging: dict[str, Any] = {"cursors": {"before": first, "after": last}}
    if end < len(keys):
        paging["next"] = _address(call, path, "after", last)
    if start > 0:
        paging["previous"] = _address(call, path, "before", first)
    return paging


def _address(call: GraphCall, path: str, direction: str, value: str) -> str:
    kept = {name: call.text(name) for name in call.params if name not in ("after", "before", "access_token", "method")}
    query = urlencode({"access_token": call.token, **kept, direction: value})
    return f"{call.origin}/{call.version}/{path}?{query}"
