"""Many questions in one request.

Source: Graph API batch requests: at most 50 calls, answers in order, null for a call that was not completed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal
from urllib.parse import quote_plus

from webapp.core.crypto import Secret
from webapp.meta.answers import Json, as_object, read_answer
from webapp.meta.errors import GraphError
from webapp.meta.transport import Transport, in_the_apps_name

MOST_CALLS = 50

Answer = Json | GraphError
_Item = dict[str, str]


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
    written = list(map(_writer(transport), calls))
    answers = _round(transport, calls, written)
    unanswered = [index for index, answer in enumerate(answers) if answer is None]
    again = _round(transport, [calls[index] for index in unanswered], [written[index] for index in unanswered])
    for index, answer in zip(unanswered, again, strict=True):
        answers[index] = answer
    return [GraphError("not completed") if answer is None else answer for answer in answers]


def _round(transport: Transport, calls: Sequence[Call], written: Sequence[_Item]) -> list[Answer | None]:
    answers: list[Answer | None] = []
    for start in range(0, len(calls), MOST_CALLS):
        portion = slice(start, start + MOST_CALLS)
        answers += _one_request(transport, calls[portion], written[portion])
    return answers


def _one_request(transport: Transport, calls: Sequence[Call], written: Sequence[_Item]) -> list[Answer | None]:
    try:
        items = transport.post_batch(written)
    except GraphError as error:
        return [error] * len(calls)
    if not isinstance(items, list):
        return [GraphError("the answer to a batch is not a list")] * len(calls)
    items += [None] * (len(calls) - len(items))
    return [_answer(call, item) for call, item in zip(calls, items, strict=False)]


def _writer(transport: Transport) -> Callable[[Call], _Item]:
    """Writes calls for the wire. Signing and quoting are most of what asking costs us: what is alike is done once."""

    quoted = cache(quote_plus)

    @cache
    def signature(token: Secret) -> str:
        return query(transport.signed(token, {}))

    def query(params: Mapping[str, str]) -> str:
        return "&".join([f"{name}={quoted(value)}" for name, value in params.items()])

    def write(call: Call) -> _Item:
        # Each call carries its own proof: the outer one is not said to reach inside.
        signed = signature(transport.settings.app_token if call.token is None else call.token)
        params = f"{query(call.params)}&{signed}" if call.params else signed
        if call.method == "POST":
            return {"method": "POST", "relative_url": call.path, "body": params}
        return {"method": "GET", "relative_url": f"{call.path}?{params}"}

    return write


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
    # Only a refusal's are read: how long the limit of this one Page lasts stands nowhere else.
    headers = {} if status == 200 else _headers(fields.get("headers"))
    return as_object(read_answer(status, body, headers))


def _headers(given: object) -> dict[str, str]:
    """A list of names and values; what is of another shape is left out."""
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    pairs = [(one.get("name"), one.get("value")) for one in found]
    return {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}
