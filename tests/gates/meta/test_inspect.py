"""debug_token: what it says of living and of dead tokens, and of ourselves."""

from datetime import UTC, datetime

import pytest
import requests_mock

from tests.gates.meta.conftest import APP_SECRET, PAGE_TOKEN, ROOT, USER_TOKEN, query, refusal
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import AppRefused, Cause, GraphError, Kind, Meaning
from webapp.meta.gateway import TokenState


def test_a_living_token_tells_what_it_covers(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    data = {
        "app_id": 123456,
        "type": "PAGE",
        "application": "App",
        "data_access_expires_at": 1585040349,
        "expires_at": 0,
        "is_valid": True,
        "profile_id": "4225",
        "scopes": ["pages_show_list", "instagram_basic", "pages_messaging"],
        "granular_scopes": [
            {"scope": "pages_show_list"},
            {"scope": "instagram_basic", "target_ids": ["1784", 99]},
            {"scope": "pages_messaging", "target_ids": []},
        ],
        "user_id": "1207059",
    }
    meta.get(f"{ROOT}/debug_token", json={"data": data})
    state = graph.inspect_token(Secret(PAGE_TOKEN))
    assert state == TokenState(
        is_valid=True,
        type="PAGE",
        app_id="123456",
        user_id="1207059",
        profile_id="4225",
        expires_at=None,
        data_access_expires_at=datetime(2020, 3, 24, 8, 59, 9, tzinfo=UTC),
        scopes=frozenset({"pages_show_list", "instagram_basic", "pages_messaging"}),
        granular={
            "pages_show_list": None,
            "instagram_basic": frozenset({"1784", "99"}),
            "pages_messaging": frozenset(),
        },
    )
    assert query(meta.last_request)["input_token"] == PAGE_TOKEN
    assert query(meta.last_request)["access_token"] == f"123456|{APP_SECRET}"
    assert state.covers("pages_show_list", "anything")
    assert state.covers("instagram_basic", "1784")
    assert not state.covers("pages_messaging", "4225")
    assert not state.covers("instagram_manage_messages", "1784")


def test_a_dead_token_tells_why(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    error = {"code": 190, "message": "Session has expired on Monday", "subcode": 463}
    data = {"app_id": "123456", "type": "USER", "error": error, "expires_at": 1448316000, "is_valid": False}
    meta.get(f"{ROOT}/debug_token", json={"data": {**data, "scopes": []}})
    state = graph.inspect_token(Secret(USER_TOKEN))
    assert not state.is_valid
    assert state.error is not None
    assert state.error.meaning == Meaning(Kind.CREDENTIALS, Cause.EXPIRED)
    assert state.expires_at == datetime(2015, 11, 23, 22, 0, tzinfo=UTC)


def test_an_answer_that_does_not_say_valid_or_not_proves_nothing(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    meta.get(f"{ROOT}/debug_token", json={"data": {"scopes": []}})
    with pytest.raises(GraphError) as caught:
        graph.inspect_token(Secret(USER_TOKEN))
    assert caught.value.meaning.kind is Kind.TRANSIENT


def test_a_refusal_of_the_app_s_own_token_is_the_operator_s(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.get(f"{ROOT}/debug_token", status_code=400, json=refusal(190, None, "Error validating application"))
    with pytest.raises(AppRefused) as caught:
        graph.inspect_token(Secret(USER_TOKEN))
    assert caught.value.meaning == Meaning(Kind.APP, Cause.APP_FAULT)
