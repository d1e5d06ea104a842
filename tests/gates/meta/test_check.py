"""A check: four questions for each channel, fifty in a request."""

import requests_mock
from cryptography.fernet import Fernet

from tests.gates.meta.checking import BATCH_URL, errors, probe, well
from tests.gates.meta.conftest import APP_SECRET, PAGE_TOKEN, Batch, Question, form, refusal
from webapp.core.crypto import SealedSecret, Secret, key_ring
from webapp.meta.client import GraphClient
from webapp.meta.errors import Cause, GraphError, Kind
from webapp.meta.gateway import Findings, InstagramAccount, Page, Probe, Routing, ThreadOwner, TokenState
from webapp.meta.signature import appsecret_proof


def test_a_healthy_channel_answers_all_four_questions(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(BATCH_URL, json=Batch(well))
    assert graph.check([probe()]) == [
        Findings(
            token=TokenState(True, type="PAGE", scopes=frozenset({"pages_messaging"})),
            page=Page("1", "晨光咖啡", instagram=InstagramAccount("1784", "morning")),
            subscribed=frozenset({"messages"}),
            access=True,
        )
    ]


def test_the_questions_are_asked_with_the_right_token_each(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    batch = Batch(well)
    meta.post(BATCH_URL, json=batch)
    graph.check([probe()])
    (asked,) = batch.rounds
    app_token = f"123456|{APP_SECRET}"
    assert [path for path, _ in asked] == ["debug_token", "1", "1/subscribed_apps", "1/conversations"]
    assert [params["access_token"] for _, params in asked] == [app_token] + [PAGE_TOKEN] * 3
    for _, params in asked:
        assert params["appsecret_proof"] == appsecret_proof(Secret(params["access_token"]), Secret(APP_SECRET))
    assert asked[0][1]["input_token"] == PAGE_TOKEN
    assert asked[1][1]["fields"] == (
        "id,name,instagram_business_account{id,username,name,profile_picture_url},"
        "connected_instagram_account{id,username}"
    )
    assert asked[3][1] | {"platform": "instagram", "limit": "1", "fields": "id"} == asked[3][1]
    assert form(meta.last_request)["access_token"] == app_token


def test_each_platform_is_asked_for_its_own_conversations(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    batch = Batch(well)
    meta.post(BATCH_URL, json=batch)
    graph.check([Probe("messenger", "1", Secret(PAGE_TOKEN))])
    assert batch.rounds[0][3][1]["platform"] == "messenger"


def test_no_request_holds_more_than_fifty_calls_and_none_is_wasted(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    batch = Batch(well)
    meta.post(BATCH_URL, json=batch)
    findings = graph.check([probe(number, f"EAAtoken{number}") for number in range(30)])
    assert [len(asked) for asked in batch.rounds] == [50, 50, 20]
    assert [one.page.id for one in findings if isinstance(one.page, Page)] == [str(n) for n in range(30)]


def test_the_two_channels_of_a_page_share_what_reads_alike(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    batch = Batch(well)
    meta.post(BATCH_URL, json=batch)
    both = graph.check([probe(), Probe("messenger", "1", Secret(PAGE_TOKEN))])
    (asked,) = batch.rounds
    assert [path for path, _ in asked] == ["debug_token", "1", "1/subscribed_apps", *["1/conversations"] * 2]
    assert [params["platform"] for path, params in asked if path == "1/conversations"] == ["instagram", "messenger"]
    assert both[0] == both[1]


def test_who_answers_is_asked_only_for_a_customer_who_was_only_listened_to(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    def routed(path: str, params: Question) -> object:
        if params.get("fields") == "messaging_feature_status":
            return {"id": path, "messaging_feature_status": {"msgr_multi_app": False, "ig_multi_app": True}}
        if path.endswith("/thread_owner"):
            return {"data": [{"thread_owner": {"expiration": 1763812800}}]}
        return well(path, params)

    batch = Batch(routed)
    meta.post(BATCH_URL, json=batch)
    plain, doubtful = graph.check([probe(1, "one"), Probe("instagram", "2", Secret("two"), "customer")])
    assert [path for path, _ in batch.rounds[0]][4:] == [
        "debug_token",
        "2",
        "2/subscribed_apps",
        "2/conversations",
        "2",
        "2/thread_owner",
    ]
    assert batch.rounds[0][-1][1]["recipient"] == "customer"
    assert (plain.routing, plain.owner) == (None, None)
    assert (doubtful.routing, doubtful.errors) == (Routing(messenger=False, instagram=True), [])
    assert isinstance(doubtful.owner, ThreadOwner)
    assert doubtful.owner.app_id == ""


def test_a_refusal_to_say_who_answers_is_nobodys_fault(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    def refusing(path: str, params: Question) -> object:
        asks = params.get("fields") == "messaging_feature_status" or path.endswith("/thread_owner")
        return refusal(200) if asks else well(path, params)

    meta.post(BATCH_URL, json=Batch(refusing))
    (findings,) = graph.check([Probe("instagram", "1", Secret(PAGE_TOKEN), "customer")])
    assert isinstance(findings.routing, GraphError)
    assert findings.errors == []


def test_another_admins_token_for_the_same_page_shares_nothing(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    batch = Batch(well)
    meta.post(BATCH_URL, json=batch)
    graph.check([probe(), probe(token="EAAotherAdmin")])
    assert len(batch.rounds[0]) == 8
    assert graph.requests_sent == 1


def test_checking_nothing_asks_nothing(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    assert graph.check([]) == []
    assert not meta.called


def test_one_channel_s_fault_is_told_of_that_channel_only(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    def second_is_dead(path: str, params: Question) -> object:
        if params.get("input_token") == "EAAdead":
            return {"data": {"is_valid": False, "error": {"code": 190, "subcode": 460, "message": "m"}}}
        return refusal(190, 460) if params["access_token"] == "EAAdead" else well(path, params)

    meta.post(BATCH_URL, json=Batch(second_is_dead))
    first, second, third = graph.check([probe(1), probe(2, "EAAdead"), probe(3)])
    assert errors(first) == errors(third) == []
    assert isinstance(second.token, TokenState)
    assert not second.token.is_valid
    assert [error.meaning.cause for error in errors(second)] == [Cause.PASSWORD_CHANGED] * 3


def test_a_token_that_no_key_opens_fails_alone_and_is_never_the_channel_s_fault(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    lost = SealedSecret("gAAAAA", key_ring([Fernet.generate_key().decode()]))
    batch = Batch(well)
    meta.post(BATCH_URL, json=batch)
    first, second, third = graph.check([probe(1), Probe("instagram", "2", lost), probe(3, "")])
    assert errors(first) == []
    for findings in (second, third):
        assert [error.meaning.kind for error in errors(findings)] == [Kind.TRANSIENT] * 4
    assert len(batch.rounds[0]) == 4


def test_a_batch_may_take_longer_than_a_single_question(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(BATCH_URL, json=Batch(well))
    graph.check([probe()])
    assert meta.last_request.timeout == (2.0, 6.0)
