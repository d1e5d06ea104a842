"""The gate with Meta's answers recorded: requests-mock is at home here and nowhere else."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import requests_mock
from urllib3 import HTTPConnectionPool
from werkzeug.wrappers import Request

from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.gateway import MetaSettings

GRAPH = "https://graph.meta.example"
ROOT = f"{GRAPH}/v25.0"
APP_SECRET = "0123456789abcdef0123456789abcdef"
USER_TOKEN = "EAABuserTokenOfLin0000000000000001"
PAGE_TOKEN = "EAABpageTokenOfMorninglight0000001"

SETTINGS = MetaSettings("123456", Secret(APP_SECRET), GRAPH, "https://www.meta.example", timeout=2.0)


@pytest.fixture
def graph() -> GraphClient:
    return GraphClient(SETTINGS)


@pytest.fixture
def meta(monkeypatch: pytest.MonkeyPatch) -> requests_mock.Mocker:
    monkeypatch.setattr(HTTPConnectionPool, "urlopen", _as_requests)
    with requests_mock.Mocker() as mocker:
        yield mocker


def _as_requests(pool: Any, method: str, target: str, *, body: bytes, headers: Any, timeout: Any, **rest: Any) -> Any:
    """What goes the short way past `requests` meets the same recorded answers."""
    return requests.request(
        method,
        f"{pool.scheme}://{pool.host}{target}",
        data=body,
        headers=headers,
        timeout=(timeout.connect_timeout, timeout.read_timeout),
        stream=True,
    ).raw


@pytest.fixture
def user_token() -> Secret:
    return Secret(USER_TOKEN)


@pytest.fixture
def page_token() -> Secret:
    return Secret(PAGE_TOKEN)


def query(request: Any) -> dict[str, str]:
    """What a GET or DELETE asked, letters as they were written."""
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def form(request: Any) -> dict[str, str]:
    """What a POST said, be it a form or in parts."""
    body = request.body if isinstance(request.body, bytes) else request.body.encode()
    read = Request.from_values(method="POST", data=body, content_type=request.headers["Content-Type"])
    return read.form.to_dict()


def refusal(code: int, subcode: int | None = None, message: str = "", **more: Any) -> dict[str, Any]:
    """Graph's envelope of an error."""
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "EJplcsCHuLu", **more}
    return {"error": error if subcode is None else {**error, "error_subcode": subcode}}


Question = dict[str, str]


class Batch:
    """Answers batch requests call by call, and remembers what each asked."""

    def __init__(self, answer: Callable[[str, Question], object]) -> None:
        self.answer = answer
        self.rounds: list[list[tuple[str, Question]]] = []

    def __call__(self, request: Any, context: Any) -> list[Any]:
        asked = []
        for call in json.loads(form(request)["batch"]):
            path, _, params = call["relative_url"].partition("?")
            asked.append((path, dict(parse_qsl(params))))
        self.rounds.append(asked)
        return [self._item(path, params) for path, params in asked]

    def _item(self, path: str, params: Question) -> object:
        answer = self.answer(path, params)
        if answer is None or isinstance(answer, Raw):
            return answer.item if isinstance(answer, Raw) else None
        refused = isinstance(answer, dict) and "error" in answer
        return {"code": 400 if refused else 200, "body": json.dumps(answer)}


class Raw:
    """An item of a batch's answer exactly as it is."""

    def __init__(self, item: object) -> None:
        self.item = item
