"""A check: four questions for each channel, fifty in a request, and never an exception."""

import json

import pytest
import requests
import requests_mock
from cryptography.fernet import Fernet

from tests.gates.meta.conftest import APP_SECRET, PAGE_TOKEN, ROOT, Batch, Question, Raw, form, refusal
from webapp.core.crypto import SealedSecret, Secret, key_ring
from webapp.meta.client import GraphClient
from webapp.meta.errors import AppRefused, Cause, GraphError, Kind
from webapp.meta.gateway import Findings, InstagramAccount, Page, Probe, Routing, ThreadOwner, TokenState
from webapp.meta.signature import appsecret_proof

BATCH_URL = f"{ROOT}/"
ALIVE = {"data": {"is_valid": True, "type": "PAGE", "scopes": ["pages_messaging"]}}


def well(path: str, params: Question) -> object:
    """A channel without a fault."""
    if path == "debug_token":
        return ALIVE
    if path.endswith("/subscribed_apps"):
        return {"data": [{"id": "123456", "subscribed_fields": ["messages"]}]}
    if path.endswith("/conversations"):
        return {"data": []}
    return {"id": path, "name": "晨光咖啡", "instagram_business_account": {"id": "1784", "username": "morning"}}


def probe(number: int = 1, token: str = PAGE_TOKEN) -> Probe:
    return Probe("instagram", str(number), Secret(token))


def errors(findings: Findings) -> list[GraphError]:
    answers = (findings.token, findings.page, findings.subscribed, findings.access)
    return [answer for answer in answers if isinstance(answer, GraphError)]


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


def test_what_came_back_as_null_is_asked_once_more_and_nothing_else_is(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    seen: set[str] = set()

    def slow_at_first(path: str, params: Question) -> object:
        if path.endswith("/conversations") and path not in seen:
            seen.add(path)
            return None
        return well(path, params)

    batch = Batch(slow_at_first)
    meta.post(BATCH_URL, json=batch)
    findings = graph.check([probe(1), probe(2)])
    assert [one.access for one in findings] == [True, True]
    assert [[path for path, _ in asked] for asked in batch.rounds[1:]] == [["1/conversations", "2/conversations"]]


def test_what_stays_null_has_no_answer(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    batch = Batch(lambda path, params: None)
    meta.post(BATCH_URL, json=batch)
    (findings,) = graph.check([probe()])
    assert [(error.code, error.meaning.kind) for error in errors(findings)] == [(None, Kind.TRANSIENT)] * 4
    assert len(batch.rounds) == 2


def test_a_list_that_is_too_short_leaves_the_rest_unanswered(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(BATCH_URL, json=[{"code": 200, "body": '{"data":{"is_valid":true}}'}])
    (findings,) = graph.check([probe()])
    assert findings.token == TokenState(True)
    # The three others were asked again and got one answer, which does not fit their question.
    assert len(errors(findings)) == 3


def test_half_of_the_requests_failing_leaves_the_other_half_answered(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    batch = Batch(well)
    meta.post(BATCH_URL, [{"json": batch}, {"json": refusal(2, is_transient=True), "status_code": 500}])
    findings = graph.check([probe(number, f"EAAtoken{number}") for number in range(20)])
    assert [len(errors(one)) for one in findings] == [0] * 12 + [2] + [4] * 7
    assert all(error.meaning.kind is Kind.TRANSIENT for one in findings for error in errors(one))


@pytest.mark.parametrize(
    "answer",
    [
        {"exc": requests.ConnectTimeout},
        {"exc": requests.ReadTimeout},
        {"text": "<html>", "status_code": 200},
        {"json": {}},
        {"json": 7},
        {"json": refusal(4), "status_code": 400},
    ],
)
def test_a_request_that_fails_as_a_whole_is_told_in_every_finding_and_never_raised(
    graph: GraphClient, meta: requests_mock.Mocker, answer: dict[str, object]
) -> None:
    meta.post(BATCH_URL, **answer)
    for findings in graph.check([probe(1), probe(2)]):
        assert [error.meaning.kind for error in errors(findings)] == [Kind.TRANSIENT] * 4


@pytest.mark.parametrize(
    "answer", [{"status_code": 503}, {"json": Batch(lambda *_: refusal(190, 460))}, {"json": [{}]}]
)
def test_an_error_keeps_no_other_answer_in_memory(
    graph: GraphClient, meta: requests_mock.Mocker, answer: dict[str, object]
) -> None:
    """Its trace would hold the frames, these hold the answers of all others, and these the error."""
    meta.post(BATCH_URL, **answer)
    (found,) = graph.check([probe()])
    assert [error.__traceback__ for error in errors(found)] == [None] * 4


@pytest.mark.parametrize("code", [190, 102, 101, 100, 10, 368])
def test_a_wrong_app_secret_never_looks_like_dead_channels(
    graph: GraphClient, meta: requests_mock.Mocker, code: int
) -> None:
    meta.post(BATCH_URL, status_code=400, json=refusal(code, None, "Error validating application"))
    (findings,) = graph.check([probe()])
    assert [type(error) for error in errors(findings)] == [AppRefused] * 4
    assert {error.meaning.cause for error in errors(findings)} == {Cause.APP_FAULT}


def test_a_refused_debug_token_speaks_about_the_app_and_not_the_channel(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    def app_refused(path: str, params: Question) -> object:
        return refusal(190) if path == "debug_token" else well(path, params)

    meta.post(BATCH_URL, json=Batch(app_refused))
    (findings,) = graph.check([probe()])
    (error,) = errors(findings)
    assert error.meaning.kind is Kind.APP


@pytest.mark.parametrize(
    "item",
    [
        "text",
        [],
        {},
        {"code": 200},
        {"code": "200", "body": "{}"},
        {"code": 200, "body": "<html>"},
        {"code": 200, "body": "[]"},
        {"code": 200, "body": {"id": "1"}},
        {"code": 500, "body": ""},
        {"code": 200, "body": "{}"},
    ],
)
def test_an_answer_of_odd_shape_inside_a_batch_proves_nothing(
    graph: GraphClient, meta: requests_mock.Mocker, item: object
) -> None:
    meta.post(BATCH_URL, json=Batch(lambda path, params: Raw(item)))
    (findings,) = graph.check([probe()])
    assert [error.meaning.kind for error in errors(findings)] == [Kind.TRANSIENT] * 4


def test_a_refusal_with_status_200_inside_a_batch_is_a_refusal(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    item = Raw({"code": 200, "body": '{"error":{"code":190,"error_subcode":458}}'})
    meta.post(BATCH_URL, json=Batch(lambda path, params: well(path, params) if path != "1" else item))
    (findings,) = graph.check([probe()])
    assert [error.meaning.cause for error in errors(findings)] == [Cause.APP_REMOVED]


ONE_PAGE = {"1784": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 42}]}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([{"name": "X-Business-Use-Case-Usage", "value": json.dumps(ONE_PAGE)}], 42 * 60),
        ([{"name": "Retry-After", "value": "90"}], 90),
        (None, None),
        ("text", None),
        (["text", {}, {"name": 1, "value": None}, {"name": "Retry-After"}], None),
    ],
)
def test_the_limit_of_one_page_tells_inside_the_batch_how_long_it_lasts(
    graph: GraphClient, meta: requests_mock.Mocker, headers: object, seconds: int | None
) -> None:
    item = Raw({"code": 403, "headers": headers, "body": json.dumps(refusal(80002))})
    meta.post(BATCH_URL, json=Batch(lambda path, params: item if path == "1/conversations" else well(path, params)))
    limited, other = graph.check([probe(1), probe(2)])
    (error,) = errors(limited)
    assert (error.code, error.retry_after) == (80002, seconds)
    assert errors(other) == []
    assert "include_headers" not in form(meta.last_request), "Meta leaves them out when told to"


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
