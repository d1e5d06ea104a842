"""The four questions of a check: token, Page, subscription, message access.

Together they tell a fault of the token from one of the channel: debug_token answers for dead tokens too, but
sees neither a lost link, a missing subscription nor switched-off access.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar
from urllib.parse import quote

from webapp.meta.answers import Json, rows
from webapp.meta.batch import Answer, Call, run
from webapp.meta.errors import GraphError, NotSent
from webapp.meta.gateway import Findings, Platform, Probe
from webapp.meta.shapes import CHECKED_PAGE, read_access, read_page, read_subscribed, read_token_state
from webapp.meta.transport import SEALED, Transport, opened

T = TypeVar("T")


def check(transport: Transport, probes: Sequence[Probe]) -> list[Findings]:
    """The findings of every probe, in order; never raises, an error stands where an answer would."""
    asked = [_questions(probe) for probe in probes]
    # The two channels of a Page share three of their four questions: what reads alike is asked once.
    once = {_wording(call): call for calls in asked for call in calls}
    answers = dict(zip(once, run(transport, list(once.values())), strict=True))
    app_id = transport.settings.app_id
    return [_findings([answers[_wording(call)] for call in calls], app_id) for calls in asked]


def first_conversation(platform: Platform) -> dict[str, str]:
    """The smallest listing that shows whether messages may be read. Meta's default platform is Messenger."""
    return {"platform": platform, "limit": "1", "fields": "id"}


def _questions(probe: Probe) -> list[Call]:
    """Nothing is asked for a token that no key opens."""
    page, token = quote(probe.page_id, safe=""), probe.page_token
    try:
        inspected = {"input_token": opened(token)}
    except NotSent:
        return []
    return [
        Call("debug_token", inspected),
        Call(page, {"fields": CHECKED_PAGE}, token),
        Call(f"{page}/subscribed_apps", {}, token),
        Call(f"{page}/conversations", first_conversation(probe.platform), token),
    ]


def _wording(call: Call) -> Hashable:
    return call.path, tuple(call.params.items()), call.token


def _findings(answers: Sequence[Answer], app_id: str) -> Findings:
    if not answers:
        sealed = NotSent(SEALED)
        return Findings(sealed, sealed, sealed, sealed)
    token, page, subscribed, access = answers
    return Findings(
        token=_read(read_token_state, token),
        page=_read(read_page, page),
        subscribed=_read(lambda payload: read_subscribed(rows(payload), app_id), subscribed),
        access=_read(read_access, access),
    )


def _read(shape: Callable[[Json], T], answer: Answer) -> T | GraphError:
    try:
        return answer if isinstance(answer, GraphError) else shape(answer)
    except GraphError as error:
        return error
