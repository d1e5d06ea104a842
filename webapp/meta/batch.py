"""Many questions in one request.

Source: Graph API batch requests: at most 50 calls, answers in order, null for a call that was not completed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote_plus

from webapp.core.crypto import Secret
from webapp.meta.answers import Json, as_object, read_answer
from webapp.meta.errors import GraphError
from webapp.meta.signature import prover
from webapp.meta.transport import Transport, in_the_apps_name, opened

MOST_CALLS = 50
NO_HEADERS: Mapping[str, str] = {}

Answer = Json | GraphError


class Call(NamedTuple):
    """A request inside a batch, as it goes over the wire. `as_app`: asked in the app's name.

    What was not completed is asked once more, so a POST here must be one that may be repeated.
    """

    method: str
    relative_url: str
    body: str = ""
    as_app: bool = False


class Pen:
    """Writes calls. Signing and quoting are most of what asking costs us: what is alike is done once."""

    def __init__(self, transport: Transport) -> None:
        self._proof = prover(transport.settings.app_secret)
        self.app = self.signed(transport.settings.app_token.reveal())
        self._known: dict[str, str] = {}

    def signed(self, token: str) -> str:
        """An opened token and its proof. Each call carries its own: the outer one is not said to reach inside."""
        return f"access_token={quote_plus(token)}&appsecret_proof={self._proof(token)}"

    def get(self, path: str, params: Mapping[str, str], token: Secret) -> Call:
        """NotSent where no key opens the token."""
        return Call("GET", f"{path}?{self._query(params, token)}")

    def post(self, path: str, params: Mapping[str, str], token: Secret) -> Call:
        return Call("POST", path, self._query(params, token))

    def _query(self, params: Mapping[str, str], token: Secret) -> str:
        text = opened(token)
        signed = self._known.get(text) or self._known.setdefault(text, self.signed(text))
        return "&".join([*(f"{name}={quote_plus(value)}" for name, value in params.items()), signed])


def run(transport: Transport, calls: Sequence[Call]) -> list[Answer]:
    """An answer or an error for each call, in order. What reads alike is asked once, what came back as null again."""
    once = list(dict.fromkeys(calls))
    answers = dict(zip(once, _round(transport, once), strict=True))
    unanswered = [call for call, answer in answers.items() if answer is None]
    answers.update(zip(unanswered, _round(transport, unanswered), strict=True))
    return [GraphError("not completed") if (answer := answers[call]) is None else answer for call in calls]


def _round(transport: Transport, calls: Sequence[Call]) -> list[Answer | None]:
    answers: list[Answer | None] = []
    for start in range(0, len(calls), MOST_CALLS):
        answers += _one_request(transport, calls[start : start + MOST_CALLS])
    return answers


def _one_request(transport: Transport, calls: Sequence[Call]) -> list[Answer | None]:
    try:
        items = transport.post_batch(json.dumps(list(map(_item, calls))))
    except GraphError as error:
        return [error.as_answer()] * len(calls)
    if not isinstance(items, list):
        return [GraphError("the answer to a batch is not a list")] * len(calls)
    items += [None] * (len(calls) - len(items))
    return [_answer(call, item) for call, item in zip(calls, items, strict=False)]


def _item(call: Call) -> dict[str, str]:
    item = {"method": call.method, "relative_url": call.relative_url}
    return item | {"body": call.body} if call.body else item


def _answer(call: Call, item: object) -> Answer | None:
    if item is None:
        return None
    try:
        return _read(item)
    except GraphError as error:
        return (in_the_apps_name(error) if call.as_app else error).as_answer()


def _read(item: object) -> Json:
    fields = as_object(item)
    status, body = fields.get("code"), fields.get("body")
    if not isinstance(status, int) or not isinstance(body, str):
        raise GraphError("an answer in a batch has no code or body")
    # Only a refusal's are read: how long the limit of this one Page lasts stands nowhere else.
    headers = NO_HEADERS if status == 200 else _headers(fields.get("headers"))
    return as_object(read_answer(status, body, headers))


def _headers(given: object) -> dict[str, str]:
    """A list of names and values; what is of another shape is left out."""
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    pairs = [(one.get("name"), one.get("value")) for one in found]
    return {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}
