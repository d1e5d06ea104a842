"""What the diagnosis asks: Meta's newest messages, routing, and who holds a conversation."""

from datetime import UTC, datetime

import pytest
import requests_mock

from tests.gates.meta.conftest import ROOT, query, refusal
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError
from webapp.meta.gateway import RemoteMessage, Routing, ThreadOwner


def written(message_id: str, at: str, sender: object, text: str = "hi") -> dict[str, object]:
    return {"id": message_id, "created_time": at, "from": sender, "message": text}


def test_the_newest_messages_of_all_conversations_come_in_order(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    one = [written("a", "2026-11-22T11:00:00+0000", {"id": "7", "username": "yating"})]
    other = [written("b", "2026-11-22T20:30:00+0800", {"id": 1784}), {"id": "c"}, written("", "x", None)]
    told = [{"id": "t1", "messages": {"data": one}}, {"id": "t2", "messages": {"data": other}}, {"id": "t3"}]
    meta.get(f"{ROOT}/42/conversations", json={"data": told})
    assert graph.newest_messages("instagram", "42", page_token) == [
        RemoteMessage("b", datetime(2026, 11, 22, 12, 30, tzinfo=UTC), "1784", "hi"),
        RemoteMessage("a", datetime(2026, 11, 22, 11, tzinfo=UTC), "7", "hi"),
    ]
    assert query(meta.last_request)["platform"] == "instagram"


def test_routing_is_told_for_each_platform(graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret) -> None:
    status = {"hop_v2": False, "msgr_multi_app": True, "ig_multi_app": False}
    meta.get(f"{ROOT}/42", json={"messaging_feature_status": status, "id": "42"})
    assert graph.routing("42", page_token) == Routing(messenger=True, instagram=False)
    assert query(meta.last_request)["fields"] == "messaging_feature_status"


def test_an_answer_without_the_features_is_no_answer(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.get(f"{ROOT}/42", json={"id": "42"})
    with pytest.raises(GraphError):
        graph.routing("42", page_token)


@pytest.mark.parametrize(
    ("rows", "owner"),
    [
        ([], None),
        (
            [{"thread_owner": {"app_id": 123456, "expiration": 1795348800}}],
            ThreadOwner("123456", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ),
        ([{"thread_owner": {"expiration": "soon"}}], ThreadOwner("", None)),
    ],
)
def test_the_owner_of_a_conversation_is_named_hidden_or_nobody(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret, rows: list[object], owner: ThreadOwner | None
) -> None:
    meta.get(f"{ROOT}/42/thread_owner", json={"data": rows})
    assert graph.thread_owner("42", page_token, "7") == owner
    assert query(meta.last_request)["recipient"] == "7"


def test_refusals_are_raised(graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret) -> None:
    meta.get(f"{ROOT}/42/thread_owner", json=refusal(100, 2018001), status_code=400)
    with pytest.raises(GraphError) as refused:
        graph.thread_owner("42", page_token, "7")
    assert refused.value.subcode == 2018001
