"""Many questions in one request.

Source: Graph API batch requests: at most 50 calls, answers in order, null for a call that was not completed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from webapp.core.crypto import Secret
from webapp.meta.answers import Json, as_object, read_answer
from webapp.meta.errors import GraphError
from webapp.meta.transport import Transport, in_the_apps_name

MOST_CALLS = 50

Answer = Json | GraphError


@dataclass(frozen=True, slots=True)
class Call:
    """A request inside a batch. Without a token it is asked in the app's name.

    What was not completed is asked once more, so a POST here must be one that may be repeated.
    """

    path: str
    params: Mapping[str, str]
    token: Secret | None = None
    method: Literal["GET", "POST"] = "GET"


def run(transport: Transport, calls: Sequence[Call]) -> list[Answer]:
    """An answer or an error for each call, in order. What came back as null is asked once more."""
    answers = _round(transport, calls)
    unanswered = [index for index, answer in enumerate(answers) if answer is None]
    again = _round(transport, [calls[index] for index in unanswered])
    for index, answer in zip(unanswered, again, strict=True):
        answers[index] = answer
    return [GraphError("not completed") if answer is None else answer for answer in answers]


def _round(transport: Transport, calls: Sequence[Call]) -> list[Answer | None]:
    portions = [calls[start : start + MOST_CALLS] for start in range(0, len(calls), MOST_CALLS)]
    return [answer for portion in portions for answer in _one_request(transport, portion)]


def _one_request(transport: Transport, calls: Sequence[Call]) -> list[Answer | None]:
    try:
        items = transport.post_batch([_on_the_wire(transport, call) for call in calls])
    except GraphError as error:
        return [error] * len(calls)
    if not isinstance(items, list):
        return [GraphError("the answer to a batch is not a list")] * len(calls)
    items += [None] * (len(calls) - len(items))
    return [_answer(call, item) for call, item in zip(calls, items, strict=False)]


def _on_the_wire(transport: Transport, call: Call) -> dict[str, str]:
    # Each call carries its own proof: the outer one is not said to reach inside.
    params = transport.signed(transport.settings.app_token if call.token is None else call.token, call.params)
    if call.method == "POST":
        return {"method": "POST", "relative_url": call.path, "body": urlencode(params)}
    return {"method": "GET", "relative_url": f"{call.path}?{urlencode(params)}"}


def _answer(call: Call, item: object) -> Answer | None:
    if item is None:
        return None
    try:
        return _read(item)
    except GraphError as error:
        return in_the_apps_name(error) if call.token is None else error


def _read(item: object) -> Json:
    fields = as_object(item)
    status, body = fields.get("code"), fields.get("body")
    if not isinstance(status, int) or not isinstance(body, str):
        raise GraphError("an answer in a batch has no code or body")
    return as_object(read_answer(status, body, {}))
