"""The Graph's manners: tokens, proofs, headers, fields, batch, several ids, unknown things."""

import hashlib
import hmac
import json
import re

import pytest
import requests

from sandbox.graph.nodes import names
from sandbox.settings import DEFAULT_APP_SECRET
from sandbox.tokens import proof
from tests.sandbox.stand import APP_TOKEN, LIN, MORNING, SHANHAI, Stand, error_of


def test_the_proof_is_the_documented_one() -> None:
    assert proof("test", "test") == "88cd2108b5347d973cf39cdf9053d7dd42704876d8c9a9bd8e2d168259d3ddf7"
    timed = proof("appsecret", "EAATESTTOKEN|1700000000")
    assert timed == "06c5480155aa40026ae8749f173565587ab3a52176195961a9da50daddc3ab40"


def test_a_proof_is_checked_when_sent_and_demanded_when_switched_on(stand: Stand) -> None:
    token = stand.log_in(LIN)
    right = hmac.new(DEFAULT_APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    assert stand.get("me", token, appsecret_proof=right).status_code == 200
    wrong = stand.get("me", token, appsecret_proof=right[::-1])
    assert error_of(wrong) == (100, None)
    assert "Invalid appsecret_proof" in wrong.json()["error"]["message"]
    stand.cause("proof_required")
    assert "require an appsecret_proof" in stand.get("me", token).json()["error"]["message"]
    assert stand.get("me", token, appsecret_proof=right).status_code == 200


def test_answers_carry_metas_headers(stand: Stand) -> None:
    answer = stand.get("me", stand.log_in(LIN))
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert answer.headers["facebook-api-version"] == "v25.0"
    assert set(json.loads(answer.headers["x-app-usage"])) == {"call_count", "total_time", "total_cputime"}
    assert answer.headers["x-fb-trace-id"]
    assert "\\u6797" in answer.text


def test_any_version_and_none_are_understood(stand: Stand) -> None:
    token = stand.log_in(LIN)
    for version, said in (("/v19.0", "v19.0"), ("/v26.0", "v26.0"), ("", "v26.0")):
        answer = requests.get(f"{stand.origin}{version}/me", params={"access_token": token}, timeout=5)
        assert (answer.json()["id"], answer.headers["facebook-api-version"]) == (LIN, said)


@pytest.mark.parametrize(
    ("path", "token", "expected"),
    [
        ("me", "", (2500, None)),
        ("me", "EAAnonsense", (190, None)),
        ("999", "user", (100, 33)),
        ("me/nonsense", "user", (2500, None)),
        ("me?fields=shoe_size", "user", (100, None)),
        ("me?fields=id,name{", "user", (2500, None)),
        (f"{MORNING}/conversations", "user", (190, None)),
        ("me/accounts?after=xyz", "user", (100, None)),
    ],
)
def test_what_cannot_be_answered_is_an_envelope(
    stand: Stand, path: str, token: str, expected: tuple[int, int | None]
) -> None:
    answer = stand.get(path, stand.log_in(LIN) if token == "user" else token)
    assert (answer.status_code, error_of(answer)) == (400, expected)
    assert list(answer.json()) == ["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= set(answer.json()["error"])
    assert answer.headers["WWW-Authenticate"].startswith('OAuth "Facebook Platform" "')


def test_tokens_come_as_parameter_form_field_json_or_bearer(stand: Stand) -> None:
    token = stand.log_in(LIN)
    url = f"{stand.origin}/v25.0/me"
    ways = (
        requests.get(url, params={"access_token": token}, timeout=5),
        requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=5),
        requests.post(url, data={"access_token": token, "method": "get"}, timeout=5),
        requests.post(url, json={"access_token": token, "method": "GET"}, timeout=5),
    )
    assert [way.json()["id"] for way in ways] == [LIN] * 4


def test_a_batch_answers_in_order_with_bodies_as_text(stand: Stand) -> None:
    user = stand.log_in(LIN)
    morning = stand.page_token(user)
    items = [
        {"method": "GET", "relative_url": "me?fields=id"},
        {"method": "GET", "relative_url": "v25.0/me?fields=id", "access_token": morning},
        {"method": "GET", "relative_url": "999"},
        {
            "method": "POST",
            "relative_url": f"{MORNING}/subscribed_apps",
            "access_token": morning,
            "body": "subscribed_fields=messages,standby",
        },
        {"method": "GET", "relative_url": f"{MORNING}/subscribed_apps?access_token={morning}"},
        {"method": "GET", "relative_url": "me", "name": "quiet", "omit_response_on_success": True},
    ]
    answer = requests.post(f"{stand.origin}/v25.0/", data={"access_token": user, "batch": json.dumps(items)}, timeout=5)
    assert answer.status_code == 200
    rows = answer.json()
    assert [row and row["code"] for row in rows] == [200, 200, 400, 200, 200, None]
    assert isinstance(rows[0]["body"], str)
    assert json.loads(rows[0]["body"]) == {"id": LIN}
    assert json.loads(rows[1]["body"]) == {"id": MORNING}
    assert json.loads(rows[2]["body"])["error"]["code"] == 100
    (app,) = json.loads(rows[4]["body"])["data"]
    assert app["subscribed_fields"] == ["messages", "standby"]
    assert {"name", "value"} == set(rows[0]["headers"][0])


def test_a_batch_can_leave_headers_out_and_is_limited_to_fifty(stand: Stand) -> None:
    user = stand.log_in(LIN)
    item = {"method": "GET", "relative_url": "me?fields=id"}
    for count, status in ((50, 200), (51, 400)):
        data = {"access_token": user, "include_headers": "false", "batch": json.dumps([item] * count)}
        answer = requests.post(stand.origin, data=data, timeout=5)
        assert answer.status_code == status
        if status == 200:
            assert all(set(row) == {"code", "body"} for row in answer.json())


def test_a_fault_aimed_at_one_path_meets_only_that_item_of_a_batch(stand: Stand) -> None:
    user = stand.log_in(LIN)
    items = json.dumps([{"method": "GET", "relative_url": path} for path in ("me", "me/accounts", "me/permissions")])
    stand.cause("outage", endpoint="me/accounts")
    stand.cause("drop", endpoint="me/permissions")
    rows = stand.post("", user, batch=items).json()
    assert [row and row["code"] for row in rows] == [200, 500, None]
    stand.cause("outage")
    assert stand.post("", user, batch=items).status_code == 500


def test_a_batch_needs_its_own_token(stand: Stand) -> None:
    answer = stand.post("", batch='[{"method":"GET","relative_url":"me"}]')
    assert error_of(answer) == (2500, None)


def test_several_ids_are_answered_together(stand: Stand) -> None:
    user = stand.log_in(LIN)
    answer = stand.get("", user, ids=f"{MORNING},{SHANHAI}", fields="name").json()
    assert list(answer) == [MORNING, SHANHAI]
    assert answer[SHANHAI] == {"name": "山海選物", "id": SHANHAI}


def test_the_root_is_a_page_for_people(stand: Stand) -> None:
    answer = requests.get(stand.origin, timeout=5)
    assert answer.headers["Content-Type"].startswith("text/html")


def test_subscribed_fields_are_checked_and_replaced(stand: Stand) -> None:
    token = stand.page_token(stand.log_in(LIN))
    edge = f"{MORNING}/subscribed_apps"
    assert stand.get(edge, token).json() == {"data": []}
    refused = stand.post(edge, token, subscribed_fields="messages,standby,messaging_seen")
    assert error_of(refused) == (100, None)
    assert re.match(
        r"\(#100\) Param subscribed_fields\[2\] must be one of \{feed, mention", refused.json()["error"]["message"]
    )
    stand.post(edge, token, subscribed_fields="messages,standby")
    stand.post(edge, token, subscribed_fields=["messages"])
    (row,) = stand.get(edge, token).json()["data"]
    assert row["subscribed_fields"] == ["messages"]
    assert {"category", "link", "name", "id"} <= set(row)
    assert stand.delete(edge, token).json() == {"success": True}
    assert stand.get(edge, token).json() == {"data": []}


def test_subscribing_needs_the_metadata_permission(stand: Stand) -> None:
    token = stand.page_token(stand.log_in(LIN, declined=["pages_manage_metadata"]))
    answer = stand.post(f"{MORNING}/subscribed_apps", token, subscribed_fields="messages")
    assert (answer.status_code, error_of(answer)) == (403, (200, None))


def test_the_request_log_masks_tokens_and_keeps_names_only(stand: Stand) -> None:
    token = stand.log_in(LIN)
    stand.get("me", token, fields="id,name", appsecret_proof="0" * 64)
    stand.get("debug_token", APP_TOKEN, input_token=token)
    text = json.dumps(stand.look("requests"))
    assert token not in text
    assert DEFAULT_APP_SECRET not in text
    newest = stand.look("requests")[0]
    assert (newest["method"], newest["path"], newest["query"]) == ("GET", "/v25.0/debug_token", ["input_token"])
    assert stand.look("requests")[1]["status"] == 400


def test_the_state_shows_neither_tokens_nor_codes(stand: Stand) -> None:
    token = stand.log_in(LIN)
    text = json.dumps(stand.look("state"))
    assert token not in text
    assert "EAA" not in text
    assert DEFAULT_APP_SECRET not in text


@pytest.mark.parametrize(
    ("whole", "parts"),
    [("Peter Huang", ("Peter", "Huang")), ("Nina", ("Nina", "")), ("吳美玲", ("美玲", "吳"))],
)
def test_a_name_is_told_in_the_parts_that_its_language_has(whole: str, parts: tuple[str, str]) -> None:
    assert names(whole) == parts
