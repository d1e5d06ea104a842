"""Listings are read to their end, and their end must be seen."""

import pytest
import requests_mock

from tests.gates.meta.conftest import GRAPH, ROOT, USER_TOKEN, query, refusal
from webapp.core.crypto import Secret
from webapp.meta.client import MOST_PAGES, GraphClient
from webapp.meta.errors import GraphError, Kind


def portion(*ids: str, after: str | None = None, **cursor: str) -> dict[str, object]:
    """A page of /me/accounts; Meta gives cursors on the last one too, but no `next`."""
    paging: dict[str, object] = {"cursors": {"before": "b", "after": "last"}}
    if after:
        paging["next"] = f"{ROOT}/1207059/accounts?access_token=EAAother&limit=25&after={after}"
    return {"data": [{"id": one, "name": one} for one in ids], "paging": paging}


def test_every_page_of_the_listing_is_read(graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret) -> None:
    answers = [portion("1", "2", after="c%3D1"), portion("3", after="c2"), portion("4")]
    meta.get(f"{ROOT}/me/accounts", [{"json": answer} for answer in answers])
    assert [page.id for page in graph.pages(user_token)] == ["1", "2", "3", "4"]
    assert [query(request).get("after") for request in meta.request_history] == [None, "c=1", "c2"]


def test_each_page_is_asked_at_our_own_address_with_our_own_token(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    foreign = portion("1")
    foreign["paging"] = {"next": "https://elsewhere.example/v25.0/me/accounts?after=c1&access_token=x"}
    meta.get(f"{ROOT}/me/accounts", [{"json": foreign}, {"json": portion("2")}])
    graph.pages(user_token)
    assert all(request.url.startswith(GRAPH) for request in meta.request_history)
    assert all(query(request)["access_token"] == USER_TOKEN for request in meta.request_history)


def test_no_pages_at_all_is_an_answer(graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret) -> None:
    meta.get(f"{ROOT}/me/accounts", json={"data": []})
    assert graph.pages(user_token) == []


def test_a_listing_that_breaks_off_is_an_error_and_never_a_short_list(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    failing = {"json": refusal(4), "status_code": 400}
    meta.get(f"{ROOT}/me/accounts", [{"json": portion("1", after="c1")}, failing])
    with pytest.raises(GraphError) as caught:
        graph.pages(user_token)
    assert caught.value.code == 4


def test_a_listing_without_end_is_given_up(graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret) -> None:
    meta.get(f"{ROOT}/me/accounts", json=portion("1", after="c1"))
    with pytest.raises(GraphError) as caught:
        graph.pages(user_token)
    assert caught.value.meaning.kind is Kind.TRANSIENT
    assert len(meta.request_history) == MOST_PAGES


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None},
        {"data": {"id": "1"}},
        {"data": ["1"]},
        {"data": [{"name": "no id"}]},
        {"data": [], "paging": {"next": f"{ROOT}/me/accounts?limit=25"}},
        {"data": [], "paging": {"next": "https://[broken"}},
    ],
)
def test_a_listing_that_cannot_be_read_is_not_an_empty_one(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret, answer: dict[str, object]
) -> None:
    meta.get(f"{ROOT}/me/accounts", json=answer)
    with pytest.raises(GraphError) as caught:
        graph.pages(user_token)
    assert caught.value.code is None
