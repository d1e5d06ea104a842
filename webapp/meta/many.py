"""The same question or wish for many Pages, in batches. Never raises: an error stands where an answer would.

Source: Graph API batch requests (v25.0).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from webapp.core.crypto import Secret
from webapp.meta import shapes
from webapp.meta.answers import Json, rows
from webapp.meta.batch import Call, Pen, run
from webapp.meta.checks import first_conversation
from webapp.meta.errors import GraphError, NotSent
from webapp.meta.gateway import PAGE_FIELDS, Page, Probe
from webapp.meta.transport import Transport

T = TypeVar("T")
Write = Callable[[str, Mapping[str, str], Secret], Call]
# All that may be asked of a Page that was not ticked.
NAMED = "id,name"


def pages(transport: Transport, page_ids: Sequence[str], token: Secret) -> list[Page | GraphError]:
    pen = Pen(transport)
    calls = [_call(pen.get, quote(page_id, safe=""), {"fields": shapes.WHOLE_PAGE}, token) for page_id in page_ids]
    return _ask(transport, calls, shapes.read_page)


def begun(transport: Transport, paths: Sequence[str], token: Secret) -> list[Json | GraphError]:
    """The first part of listings of Pages by name."""
    pen, named = Pen(transport), {"fields": NAMED, "limit": "100"}
    return _ask(transport, [_call(pen.get, path, named, token) for path in paths], _as_it_is)


def subscriptions(transport: Transport, wanted: Sequence[tuple[str, Secret]]) -> list[GraphError | None]:
    pen, fields = Pen(transport), {"subscribed_fields": ",".join(PAGE_FIELDS)}
    calls = [_call(pen.post, f"{quote(page_id, safe='')}/subscribed_apps", fields, token) for page_id, token in wanted]
    return _ask(transport, calls, shapes.read_done)


def accesses(transport: Transport, probes: Sequence[Probe]) -> list[GraphError | None]:
    pen = Pen(transport)
    calls = [
        _call(pen.get, f"{quote(one.page_id, safe='')}/conversations", first_conversation(one.platform), one.page_token)
        for one in probes
    ]
    return _ask(transport, calls, _read_nothing)


def _as_it_is(payload: Json) -> Json:
    rows(payload)
    return payload


def _read_nothing(payload: Json) -> None:
    rows(payload)


def _call(write: Write, path: str, params: Mapping[str, str], token: Secret) -> Call | GraphError:
    """None is sent whose token no key opens."""
    try:
        return write(path, params, token)
    except NotSent as error:
        return error.as_answer()


def _ask(transport: Transport, calls: Sequence[Call | GraphError], shape: Callable[[Json], T]) -> list[T | GraphError]:
    answers = iter(run(transport, [call for call in calls if isinstance(call, Call)]))
    return [_read(shape, next(answers) if isinstance(call, Call) else call) for call in calls]


def _read(shape: Callable[[Json], T], answer: Json | GraphError) -> T | GraphError:
    try:
        return answer if isinstance(answer, GraphError) else shape(answer)
    except GraphError as error:
        return error.as_answer()
