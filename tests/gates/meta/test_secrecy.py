"""No token, code or app secret in any log line, error text, context of an error or repr."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests
import requests_mock
from flask import Flask

from tests.gates.meta.conftest import APP_SECRET, GRAPH, PAGE_TOKEN, SETTINGS, USER_TOKEN, refusal
from webapp.core import logs
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Page, Probe, UserToken

CODE = "AQDcodeOfTheDialog0000000001"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
SECRETS = (USER_TOKEN, PAGE_TOKEN, APP_SECRET, CODE, VERIFIER)
LOUD = f"{GRAPH}/v25.0/x?access_token={USER_TOKEN}&input_token={PAGE_TOKEN}&client_secret={APP_SECRET}&code={CODE}"
USER, PAGE = Secret(USER_TOKEN), Secret(PAGE_TOKEN)

CALLS: list[Callable[[GraphClient], object]] = [
    lambda graph: graph.exchange_code(CODE, verifier=VERIFIER, redirect_uri="https://console.example.com/cb"),
    lambda graph: graph.whoami(USER),
    lambda graph: graph.permissions(USER),
    lambda graph: graph.inspect_token(PAGE),
    lambda graph: graph.pages(USER),
    lambda graph: graph.page("1", USER),
    lambda graph: graph.subscribe("1", PAGE),
    lambda graph: graph.subscribed_fields("1", PAGE),
    lambda graph: graph.unsubscribe("1", PAGE),
    lambda graph: graph.probe_access("instagram", "1", PAGE),
    lambda graph: graph.check([Probe("instagram", "1", PAGE)]),
    lambda graph: graph.send_text("1", PAGE, "2", "x", human_agent=False),
    lambda graph: graph.profile("2", PAGE, "messenger"),
]
ANSWERS: list[dict[str, Any]] = [
    {"exc": requests.ConnectionError(LOUD)},
    {"exc": requests.ReadTimeout(LOUD)},
    {"exc": requests.ConnectTimeout(LOUD)},
    {"exc": requests.exceptions.InvalidURL(LOUD)},
    {"json": refusal(190, None, f"Malformed access token {USER_TOKEN} {PAGE_TOKEN}"), "status_code": 400},
    {"json": refusal(1, None, LOUD, type=LOUD), "status_code": 500},
    {"text": f'{{"access_token": "{USER_TOKEN}", "data": "{PAGE_TOKEN} {CODE} {APP_SECRET}'},
    {"json": {"access_token": USER_TOKEN, "id": "1", "data": [{"id": "1", "access_token": PAGE_TOKEN}]}},
]


def told(error: BaseException | None) -> str:
    """Everything an error report could print of an error and of those behind it."""
    text = ""
    while error is not None:
        text += f"{error} {error!r} {error.args} {vars(error)}"
        text += "".join(traceback.format_exception(error))
        error = error.__cause__ or error.__context__
    return text


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", CALLS)
def test_nothing_secret_is_logged_or_raised(
    meta: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
    call: Callable[[GraphClient], object],
    answer: dict[str, Any],
) -> None:
    meta.register_uri(requests_mock.ANY, requests_mock.ANY, **answer)
    shown = ""
    with caplog.at_level(logging.DEBUG):
        try:
            shown = repr(call(GraphClient(SETTINGS)))
        except GraphError as error:
            shown = told(error)
    # The stand-in for the network logs whole addresses itself; it exists in tests only.
    ours = [record for record in caplog.records if not record.name.startswith("requests_mock")]
    assert ours
    shown += "".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert [secret for secret in SECRETS if secret in shown] == []


def test_a_request_is_one_line_with_the_path_and_what_came_of_it(
    graph: GraphClient, meta: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [{"json": {"id": "1"}}, {"json": refusal(190, 460), "status_code": 400}, {"exc": requests.ReadTimeout}]
    meta.get(f"{GRAPH}/v25.0/me", answers)
    with caplog.at_level(logging.INFO, "webapp.meta"):
        graph.whoami(USER)
        for _ in range(2):
            with pytest.raises(GraphError):
                graph.whoami(USER)
    lines = [record.getMessage() for record in caplog.records if record.name == "webapp.meta"]
    assert len(lines) == 3
    assert lines[0].startswith("GET /me 200 ")
    assert lines[0].endswith(" ms ok")
    assert lines[1].startswith("GET /me 400 ")
    assert lines[1].endswith(" ms 190/460 EJplcsCHuLu")
    assert lines[2].startswith("GET /me - ")


def test_shapes_with_tokens_show_none() -> None:
    shown = repr(Page("1", "x", token=PAGE)) + repr(UserToken(USER, None)) + repr(SETTINGS)
    shown += repr(Probe("instagram", "1", PAGE)) + repr(SETTINGS.app_token)
    assert [secret for secret in SECRETS if secret in shown] == []


def test_the_console_never_turns_up_the_library_that_writes_whole_addresses() -> None:
    root = logging.getLogger()
    before = root.level
    try:
        logs.init_app(Flask("console"), "DEBUG")
        for name in ("urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
            assert not logging.getLogger(name).isEnabledFor(logging.ERROR)
    finally:
        root.setLevel(before)
