"""Broken answers: outage, rate limits, garbage, dropped connections, slowness; everywhere or on one path."""

import json
import time

import pytest
import requests

from tests.sandbox.stand import LIN, MORNING, SHANHAI, YATING, Stand, error_of


def test_an_outage_is_transient_and_says_so(stand: Stand) -> None:
    token = stand.log_in(LIN)
    stand.cause("outage")
    for path in ("me", "me/accounts", "debug_token", "oauth/access_token"):
        answer = stand.get(path, token)
        assert (answer.status_code, error_of(answer)) == (500, (2, None))
        assert answer.json()["error"]["is_transient"] is True
    assert requests.get(stand.dialog_url(), timeout=5).status_code == 200
    stand.cause("outage", on=False)
    assert stand.get("me", token).status_code == 200


def test_a_fault_may_meet_one_path_only_and_so_many_times(stand: Stand) -> None:
    token = stand.log_in(LIN)
    stand.cause("outage", endpoint="me/acc*", times=2)
    assert [stand.get("me/accounts", token).status_code for _ in range(3)] == [500, 500, 200]
    stand.cause("outage", endpoint="me/acc*")
    assert stand.get("me", token).status_code == 200


def test_a_fault_may_meet_one_page_only(stand: Stand) -> None:
    user = stand.log_in(LIN)
    morning, shanhai = stand.page_token(user), stand.page_token(user, SHANHAI)
    stand.cause("outage", page=MORNING)
    assert stand.get("me", morning).status_code == 500
    assert stand.get("me", shanhai).status_code == 200


def test_a_fault_takes_a_pages_name_and_refuses_one_that_it_does_not_know(stand: Stand) -> None:
    stand.cause("outage", page="晨光咖啡")
    assert stand.look("state")["faults"][0]["page_id"] == MORNING
    unknown = stand.call("POST", "../control/causes", "", json={"cause": "outage", "page": "沒有這一家"})
    assert (unknown.status_code, "沒有這一家" in unknown.json()["error"]) == (400, True)


def test_the_app_limit_is_code_4_with_full_usage(stand: Stand) -> None:
    token = stand.log_in(LIN)
    stand.cause("rate_limited")
    answer = stand.get("me", token)
    assert error_of(answer) == (4, None)
    assert json.loads(answer.headers["x-app-usage"])["call_count"] == 100


@pytest.mark.parametrize(
    ("path", "params", "code", "kind"),
    [
        ("conversations", {"platform": "instagram"}, 80002, "instagram"),
        ("conversations", {}, 80006, "messenger"),
        ("subscribed_apps", {}, 80001, "pages"),
    ],
)
def test_a_page_limit_names_its_business_use_case(
    stand: Stand, path: str, params: dict[str, str], code: int, kind: str
) -> None:
    token = stand.page_token(stand.log_in(LIN))
    stand.cause("rate_limited", page=MORNING)
    answer = stand.get(f"{MORNING}/{path}", token, **params)
    assert error_of(answer) == (code, None)
    (usage,) = json.loads(answer.headers["x-business-use-case-usage"])[MORNING]
    assert (usage["type"], usage["estimated_time_to_regain_access"]) == (kind, 3)


def test_garbage_is_html_with_status_200(stand: Stand) -> None:
    stand.cause("garbage")
    answer = stand.get("me")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")


def test_a_dropped_connection_answers_nothing(stand: Stand) -> None:
    stand.cause("drop", times=1)
    with pytest.raises(requests.ConnectionError):
        stand.get("me")
    assert stand.get("me").status_code == 400


def test_a_server_error_is_html_with_status_503(stand: Stand) -> None:
    stand.cause("unavailable", endpoint="me")
    assert stand.get("me").status_code == 503
    assert stand.get("me").headers["Content-Type"].startswith("text/html")


def test_a_truncated_answer_is_no_json(stand: Stand) -> None:
    token = stand.log_in(LIN)
    whole = stand.get("me", token).text
    stand.cause("truncated", endpoint="me")
    half = stand.get("me", token)
    assert (half.status_code, half.text) == (200, whole[: len(whole) // 2])


def test_a_lost_answer_leaves_the_message_sent(stand: Stand) -> None:
    token = stand.page_token(stand.log_in(LIN))
    stand.cause("lost_answer", endpoint="*/messages", times=1)
    with pytest.raises(requests.ConnectionError):
        stand.post(f"{MORNING}/messages", token, recipient={"id": YATING}, message={"text": "送到了嗎"})
    texts = [row.get("text") for row in stand.look("state")["conversations"][0]["messages"]]
    assert texts.count("送到了嗎") == 1


def test_a_hang_lasts_as_long_as_it_was_set_and_twenty_seconds_when_nothing_was_said(stand: Stand) -> None:
    stand.cause("hang", endpoint="me/nowhere")
    assert stand.look("state")["faults"][0]["seconds"] == 20.0


def test_faults_of_the_graph_and_of_webhooks_do_not_count_each_other_down(stand: Stand) -> None:
    stand.cause("webhook_lost", times=1)
    stand.get("me")
    assert [fault["remaining"] for fault in stand.look("state")["faults"]] == [1]


def test_slow_answers_come_late_and_stop_nobody_else(stand: Stand) -> None:
    token = stand.log_in(LIN)
    stand.cause("slow", seconds=0.4, endpoint="me")
    began = time.monotonic()
    assert stand.get("me", token).status_code == 200
    assert time.monotonic() - began >= 0.4


def test_the_dialog_breaks_only_when_it_is_named(stand: Stand) -> None:
    stand.cause("outage", endpoint="dialog*", times=1)
    assert requests.get(stand.dialog_url(), timeout=5).status_code == 500
    assert requests.get(stand.dialog_url(), timeout=5).status_code == 200
