"""The same question or wish for many Pages, in batches. Never raises: an error stands where an answer would.

Source: Graph API batch requests (v25.0).
"""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from webapp.core.crypto import Secret
from webapp.meta import shapes
from webapp.meta.answers import Json, rows
from webapp.meta.batch import Call, run
from webapp.meta.checks import first_conversation
from webapp.meta.errors import GraphError, NotSent
from webapp.meta.gateway import PAGE_FIELDS, Page, Probe
from webapp.meta.transport import SEALED, Transport, opened

T = TypeVar("T")


def pages(transport: Transport, page_ids: Sequence[str], token: Secret) -> list[Page | GraphError]:
    calls = [Call(quote(page_id, safe=""), {"fields": shapes.WHOLE_PAGE}, token) for page_id in page_ids]
    return _ask(transport, calls, shapes.read_page)


def subscriptions(transport: Transport, wanted: Sequence[tuple[str, Secret]]) -> list[GraphError | None]:
    fields = {"subscribed_fields": ",".join(PAGE_FIELDS)}
    calls = [Call(f"{quote(page_id, safe='')}/subscribed_apps", fields, token, "POST") for page_id, token in wanted]
    return _ask(transport, calls, shapes.read_done)


def accesses(transport: Transport, probes: Sequence[Probe]) -> list[GraphError | None]:
    calls = [
        Call(f"{quote(probe.page_id, safe='')}/conversations", first_conversation(probe.platform), probe.page_token)
        for probe in probes
    ]
    return _ask(transport, calls, _read_nothing)


def _read_nothing(payload: Json) -> None:
    rows(payload)


def _ask(transport: Transport, calls: Sequence[Call], shape: Callable[[Json], T]) -> list[T | GraphError]:
    """Calls whose token no key opens are not sent."""
    sendable = [call for call in calls if _is_open(call)]
    answers = dict(zip(map(id, sendable), run(transport, sendable), strict=True))
    return [_read(shape, answers.get(id(call), NotSent(SEALED))) for call in calls]


def _is_open(call: Call) -> bool:
    try:
        return bool(call.token and opened(call.token))
    except NotSent:
        return False


def _read(shape: Callable[[Json], T], answer: Json | GraphError) -> T | GraphError:
    try:
        return answer if isinstance(answer, GraphError) else shape(answer)
    except GraphError as error:
        return error
