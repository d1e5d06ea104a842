"""Broken answers: which fault meets a request, and what it does to the answer."""

import socket
import time
from fnmatch import fnmatch
from typing import Any

from flask import Response, request

from sandbox.graph import errors
from sandbox.graph.errors import GraphError
from sandbox.model import Fault
from sandbox.runtime import Sandbox
from sandbox.state import State

GARBAGE = "<!DOCTYPE html><html><head><title>Facebook</title></head><body>Sorry, something went wrong.</body>"
KINDS = ("outage", "unavailable", "rate_limited", "slow", "hang", "garbage", "truncated", "drop", "lost_answer")
REFUSING = ("outage", "rate_limited")
DEFAULT_SECONDS = {"slow": 5.0, "hang": 20.0}
MOST_SECONDS = 120.0


def meeting(state: State, path: str, page_id: str = "", aimed_only: bool = False) -> list[Fault]:
    """The faults that this request meets, in the order they were set; counted down where they count.

    `path` is without version and leading slash, `page_id` the Page whose token was sent, if any. With
    `aimed_only` faults that would meet every request stay out of it.
    """
    met = [
        fault
        for fault in state.faults
        if fault.kind in KINDS
        and _matches(fault, path, page_id)
        and (fault.endpoint or fault.page_id or not aimed_only)
    ]
    state.count_down(met)
    return met


def _matches(fault: Fault, path: str, page_id: str) -> bool:
    if fault.page_id and fault.page_id not in (page_id, path.split("/")[0]):
        return False
    return not fault.endpoint or fnmatch(path, fault.endpoint)


def wait(met: list[Fault], pace: float) -> None:
    """Be slow, by the sandbox's pace. Call it without holding the lock."""
    seconds = sum(fault.seconds for fault in met if fault.kind in DEFAULT_SECONDS)
    if seconds > 0:
        time.sleep(min(seconds, MOST_SECONDS) * pace)


def raw_answer(met: list[Fault]) -> Response | None:
    """Answers that are no Graph answer: HTML with status 200 or 503, or a connection that closes."""
    kinds = {fault.kind for fault in met}
    if "drop" in kinds:
        hang_up()
        return Response(status=500)
    if "unavailable" in kinds:
        return Response(GARBAGE, status=503, mimetype="text/html")
    return Response(GARBAGE, mimetype="text/html") if "garbage" in kinds else None


def spoiled(met: list[Fault], text: str) -> str:
    """The answer after everything was done: cut in the middle, or kept from ever arriving."""
    kinds = {fault.kind for fault in met}
    if "lost_answer" in kinds:
        hang_up()
    return text[: len(text) // 2] if "truncated" in kinds else text


def hang_up() -> None:
    """Close the connection under the server, so that the client reads nothing at all."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)


def graph_error(sandbox: Sandbox, met: list[Fault], path: str, params: dict[str, Any]) -> GraphError | None:
    """The error of an outage or of a rate limit, with its headers."""
    for fault in met:
        if fault.kind == "outage":
            return errors.outage()
        if fault.kind == "rate_limited":
            return page_limit(fault.page_id, path, params) if fault.page_id else app_limit()
    return None


def app_limit() -> GraphError:
    usage = '{"call_count":100,"total_time":41,"total_cputime":38}'
    return GraphError(4, "(#4) Application request limit reached", status=403, headers={"x-app-usage": usage})


def page_limit(page_id: str, path: str, params: dict[str, Any]) -> GraphError:
    """Business use case limits: 80006 for Messenger, 80002 for Instagram, 80001 for other Page calls."""
    code, kind, noun = 80001, "pages", "Page account"
    if "conversations" in path or "messages" in path:
        instagram = params.get("platform") == "instagram"
        code, kind, noun = (
            (80002, "instagram", "Instagram account") if instagram else (80006, "messenger", "Messenger account")
        )
    usage = (
        f'{{"{page_id}":[{{"type":"{kind}","call_count":100,"total_cputime":25,"total_time":25,'
        '"estimated_time_to_regain_access":3}]}'
    )
    text = (
        f"(#{code}) There have been too many calls to this {noun}. Wait a bit and try again. "
        f"For more info, please refer to {errors.RATE_DOCS}."
    )
    return GraphError(code, text, status=403, headers={"x-business-use-case-usage": usage})
