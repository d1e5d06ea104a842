"""Many Pages at once: fifty in a request, each with its own token and proof, and never an exception."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import requests_mock

from tests.gates.meta.conftest import APP_SECRET, ROOT, form, refusal
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError, Kind, NotSent
from webapp.meta.gateway import PAGE_FIELDS, Page, Probe
from webapp.meta.signature import appsecret_proof

BATCH_URL = f"{ROOT}/"


def items(request: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(form(request)["batch"])
    return found


def answered(*bodies: tuple[int, object]) -> list[dict[str, object]]:
    return [{"code": code, "body": json.dumps(body)} for code, body in bodies]


def test_pages_come_back_in_order_with_an_error_in_the_place_of_one_that_fails(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    meta.post(BATCH_URL, json=answered((200, {"id": "1", "name": "晨光"}), (400, refusal(100, 33))))
    first, second = graph.page_each(["1", "2"], user_token)
    assert first == Page("1", "晨光")
    assert isinstance(second, GraphError)
    assert (second.code, second.subcode) == (100, 33)


def test_fifty_one_pages_take_two_requests(graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret) -> None:
    def echo(request: Any, context: Any) -> list[dict[str, object]]:
        return answered(*((200, {"id": one["relative_url"].split("?")[0], "name": "x"}) for one in items(request)))

    meta.post(BATCH_URL, json=echo)
    ids = [str(number) for number in range(51)]
    assert [page.id for page in graph.page_each(ids, user_token) if isinstance(page, Page)] == ids
    assert meta.call_count == 2


def test_each_page_is_subscribed_by_a_post_with_its_own_token_and_proof(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    meta.post(BATCH_URL, json=answered((200, {"success": True}), (200, {"success": True})))
    assert graph.subscribe_each([("1", Secret("first")), ("2", Secret("second"))]) == [None, None]
    asked = items(meta.last_request)
    assert [(one["method"], one["relative_url"]) for one in asked] == [
        ("POST", "1/subscribed_apps"),
        ("POST", "2/subscribed_apps"),
    ]
    for one, token in zip(asked, ("first", "second"), strict=True):
        body = {name: values[0] for name, values in parse_qs(one["body"]).items()}
        assert body["access_token"] == token
        assert body["appsecret_proof"] == appsecret_proof(Secret(token), Secret(APP_SECRET))
        assert body["subscribed_fields"] == ",".join(PAGE_FIELDS)


def test_a_subscription_that_is_not_confirmed_is_an_error(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(BATCH_URL, json=answered((200, {"success": False})))
    (found,) = graph.subscribe_each([("1", Secret("first"))])
    assert isinstance(found, GraphError)


def test_a_lost_batch_is_an_error_for_each_and_never_raised(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(BATCH_URL, exc=requests.ConnectionError)
    found = graph.probe_each([Probe("instagram", "1", Secret("first")), Probe("messenger", "2", Secret("second"))])
    assert [one.meaning.kind for one in found if one is not None] == [Kind.TRANSIENT, Kind.TRANSIENT]


def test_an_empty_token_is_never_asked_in_the_apps_name(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(BATCH_URL, json=answered((200, {"data": []})))
    sealed, good = graph.probe_each([Probe("instagram", "1", Secret("")), Probe("instagram", "2", Secret("second"))])
    assert isinstance(sealed, NotSent)
    assert good is None
    assert len(items(meta.last_request)) == 1


def test_nothing_to_ask_sends_nothing(graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret) -> None:
    assert graph.page_each([], user_token) == []
    assert graph.subscribe_each([]) == []
    assert meta.call_count == 0


def test_the_pages_of_every_portfolio_come_in_one_batch_and_long_ones_are_read_to_their_end(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    page, goes_on = {"data": [{"id": "5", "name": "門市"}]}, {"next": f"{ROOT}/8/client_pages?after=c1"}
    meta.get(f"{ROOT}/me/businesses", json={"data": [{"id": "7"}, {"id": "8"}]})
    meta.post(BATCH_URL, json=answered(*((200, page) for _ in range(3)), (200, page | {"paging": goes_on})))
    meta.get(f"{ROOT}/8/client_pages", [{"json": page | {"paging": goes_on}}, {"json": {"data": [{"id": "6"}]}}])
    assert [one.id for one in graph.portfolio_pages(user_token)] == ["5", "5", "5", "5", "6"]
    batch = next(one for one in meta.request_history if one.method == "POST")
    edges = [one["relative_url"].split("?") for one in items(batch)]
    assert [path for path, _ in edges] == ["7/owned_pages", "7/client_pages", "8/owned_pages", "8/client_pages"]
    assert {parse_qs(query)["fields"][0] for _, query in edges} == {"id,name"}


def test_a_portfolio_that_is_not_answered_is_an_error_and_never_a_short_list(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    meta.get(f"{ROOT}/me/businesses", json={"data": [{"id": "7"}]})
    meta.post(BATCH_URL, json=answered((200, {"data": []}), (500, refusal(2))))
    with pytest.raises(GraphError) as caught:
        graph.portfolio_pages(user_token)
    assert caught.value.meaning.kind is Kind.TRANSIENT
