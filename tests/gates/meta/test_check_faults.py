"""A check that Meta answers badly, in part or not at all: what is not known is said so, and nothing is raised."""

import json

import pytest
import requests
import requests_mock

from tests.gates.meta.checking import BATCH_URL, errors, probe, well
from tests.gates.meta.conftest import Batch, Question, Raw, form, refusal
from webapp.meta.client import GraphClient
from webapp.meta.errors import AppRefused, Cause, Kind
from webapp.meta.gateway import TokenState

ONE_PAGE = {"1784": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 42}]}


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
