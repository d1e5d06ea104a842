"""Reading a refusal out of whatever shape it came in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.meta.errors import AppRefused, GraphError, parse_error

ENVELOPE = {
    "error": {
        "message": "Error validating access token: The session has been invalidated.",
        "type": "OAuthException",
        "code": 190,
        "error_subcode": 460,
        "error_user_title": "t",
        "is_transient": False,
        "fbtrace_id": "EJplcsCHuLu",
    }
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "code", "error_subcode", "message", "error_type", "is_transient"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_graph_s_envelope_is_read_whole() -> None:
    error = parse_error(ENVELOPE, 400, {"x-fb-trace-id": "other"})
    assert (error.code, error.subcode, error.type, error.is_transient) == (190, 460, "OAuthException", False)
    assert (error.trace_id, error.http_status, error.retry_after) == ("EJplcsCHuLu", 400, None)
    assert error.message == "Error validating access token: The session has been invalidated."


def test_debug_token_writes_subcode_without_error_before_it() -> None:
    error = parse_error({"error": {"code": 190, "message": "Session has expired", "subcode": 463}})
    assert (error.code, error.subcode) == (190, 463)


def test_oauth_s_error_may_be_a_word() -> None:
    error = parse_error({"error": "invalid_client", "error_description": "No such app"}, 401)
    assert (error.code, error.type, error.message) == (None, "invalid_client", "No such app")


def test_instagram_s_flat_error_is_read() -> None:
    error = parse_error({"error_type": "OAuthException", "code": 400, "error_message": "Invalid code"}, 400)
    assert (error.code, error.type, error.message) == (400, "OAuthException", "Invalid code")


@pytest.mark.parametrize(
    "payload",
    [None, [], [ENVELOPE], "<html>", 7, {}, {"error": []}, {"error": None}, {"error": {"code": "soon"}}],
)
def test_what_cannot_be_read_has_no_code(payload: object) -> None:
    error = parse_error(payload, 502)
    assert (error.code, error.subcode, error.http_status) == (None, None, 502)


@pytest.mark.parametrize(
    ("written", "read"),
    [("190", 190), (190, 190), (True, None), (190.5, None), ("9" * 5000, None), ("²", None), ({}, None)],
)
def test_numbers_are_taken_in_either_form_and_nothing_else(written: object, read: int | None) -> None:
    assert parse_error({"error": {"code": written}}).code == read


@pytest.mark.parametrize(("written", "read"), [(True, True), ("true", True), (False, False), ("no", False)])
def test_is_transient_is_only_what_says_so(written: object, read: bool) -> None:
    assert parse_error({"error": {"code": 2, "is_transient": written}}).is_transient is read


def test_the_trace_id_comes_from_the_header_when_the_body_has_none() -> None:
    assert parse_error(None, 500, {"X-FB-Trace-Id": "AbC123"}).trace_id == "AbC123"


def test_a_throttle_tells_how_long_to_wait() -> None:
    usage = {
        "112130216863063": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}],
        "17841400000000001": [{"type": "instagram", "estimated_time_to_regain_access": 3}, "odd"],
    }
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage), "Retry-After": "60"}
    assert parse_error({"error": {"code": 80001}}, 400, headers).retry_after == 19 * 60


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"retry-after": " 120 "}, 120),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "99999999999"}, 24 * 3600),
        ({"Retry-After": "0"}, None),
        ({"X-Business-Use-Case-Usage": "not json"}, None),
        ({"X-Business-Use-Case-Usage": "[1]"}, None),
        ({"X-Business-Use-Case-Usage": '{"1": {"a": 1}, "2": [{"estimated_time_to_regain_access": "x"}]}'}, None),
        ({}, None),
    ],
)
def test_odd_waiting_times_are_no_waiting_times(headers: dict[str, str], seconds: int | None) -> None:
    assert parse_error({"error": {"code": 4}}, 400, headers).retry_after == seconds


@pytest.mark.parametrize(
    "text",
    [
        "Malformed access token EAABpageTokenOfMorninglight0000001",
        "Malformed access token EAAB-page_Token0000001&x",
        "Error validating 123456|0123456789abcdef0123456789abcdef here",
    ],
)
def test_a_token_that_meta_quotes_back_is_struck_out(text: str) -> None:
    error = parse_error({"error": {"code": 190, "message": text, "type": text}}, 400)
    shown = f"{error} {error!r} {error.message} {error.type}"
    assert "0000001" not in shown
    assert "abcdef" not in shown


def test_names_of_permissions_and_ids_stay_readable() -> None:
    text = "(#200) Requires pages_read_user_content for 17841400000000001"
    assert parse_error({"error": {"code": 200, "message": text}}).message == text


@given(payload=json_values, headers=st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_payload_becomes_an_error(payload: object, headers: dict[str, str]) -> None:
    error = parse_error(payload, 400, headers)
    assert type(error) is GraphError
    assert error.meaning.kind
    assert len(str(error)) < 700


def test_recasting_keeps_every_fact() -> None:
    error = parse_error(ENVELOPE, 400, {"Retry-After": "5"})
    assert vars(error.recast(AppRefused)) == vars(error)


def test_an_error_names_its_code_in_words_for_the_operator() -> None:
    assert str(GraphError("gone", code=100, subcode=33)) == "code 100/33: gone"
    assert str(GraphError()) == "no answer"
