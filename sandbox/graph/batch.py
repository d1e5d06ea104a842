"""Batch: up to 50 calls in one POST, answered in order, bodies as JSON strings."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox import faults
from sandbox.graph import dispatch, errors
from sandbox.graph.call import GraphCall
from sandbox.runtime import Sandbox

MOST = 50
# What Meta could not do in time, or at all, is null in its place; the rest of the batch is answered.
NO_ANSWER = ("drop", "garbage", "unavailable", "hang")
DONE_UNSEEN = ("lost_answer", "truncated")


def run(sandbox: Sandbox, call: GraphCall) -> dispatch.Answer:
    """The whole batch. A bad list is one error; a bad item is an error only in its own place.

    Faults that meet every request have met the batch itself; its items meet those aimed at them.
    """
    if not call.token:
        return dispatch.refused(errors.no_token())
    given = call.params.get("batch")
    try:
        items = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        items = None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return dispatch.refused(errors.bad_parameter("batch parameter must be a JSON array"))
    if not 0 < len(items) <= MOST:
        text = f"Too many requests in batch message. Maximum batch size is {MOST}"
        return dispatch.refused(errors.GraphError(1, text))
    with_headers = call.text("include_headers", "true").lower() != "false"
    return dispatch.Answer(200, [_item(sandbox, call, item, with_headers) for item in items])


def _item(sandbox: Sandbox, call: GraphCall, item: dict[str, Any], with_headers: bool) -> dict[str, Any] | None:
    inner = _inner_call(call, item)
    with sandbox.lock:
        met = faults.meeting(sandbox.state, inner.path, dispatch.page_of_call(sandbox, inner), aimed_only=True)
    if any(fault.kind in NO_ANSWER for fault in met):
        return None
    faults.wait(met, sandbox.settings.pace)
    answer = dispatch.answer(sandbox, inner, met)
    if any(fault.kind in DONE_UNSEEN for fault in met):
        return None
    quiet = item.get("omit_response_on_success") and item.get("name") and answer.status == 200
    if quiet:
        return None
    result: dict[str, Any] = {"code": answer.status}
    text = dispatch.dumped(answer.body)
    if with_headers:
        headers = {**dispatch.common_headers(sandbox, inner, text), **answer.headers}
        result["headers"] = [{"name": name, "value": value} for name, value in headers.items()]
    return {**result, "body": text}


def _inner_call(call: GraphCall, item: dict[str, Any]) -> GraphCall:
    """The item as a call of its own; token and proof come from the item, else from the batch."""
    parts = urlsplit(str(item.get("relative_url", "")))
    params: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
    params.update(parse_qsl(str(item.get("body") or ""), keep_blank_values=True))
    own = str(params.pop("access_token", "") or item.get("access_token") or "")
    if not own and "appsecret_proof" not in params and call.params.get("appsecret_proof"):
        params["appsecret_proof"] = call.params["appsecret_proof"]
    version, path = split_version(parts.path.strip("/"))
    method = str(item.get("method", "GET")).upper()
    return replace(
        call,
        method=method,
        path=path,
        params=params,
        token=own or call.token,
        version=version or call.version,
    )


def split_version(path: str) -> tuple[str, str]:
    """`v25.0/me` → (`v25.0`, `me`); paths without a version keep an empty one."""
    head, _, rest = path.partition("/")
    if head.startswith("v") and head[1:].replace(".", "", 1).isdigit() and "." in head:
        return head, rest
    return "", path
