"""Sending and reading: windows, limits, recipients, conversations."""

import pytest

from tests.sandbox.stand import (
    KEVIN,
    LIN,
    MORNING,
    MORNING_IG,
    PAGE_CUSTOMER,
    SHANHAI,
    YATING,
    ZHIHAO,
    Stand,
    error_of,
)

HUMAN = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
DAY = 86400


@pytest.fixture
def token(stand: Stand) -> str:
    return stand.page_token(stand.log_in(LIN))


def send(
    stand: Stand, token: str, customer: str = YATING, text: str = "你好", **more: object
) -> tuple[int, int | None] | None:
    body = {"recipient": {"id": customer}, "message": {"text": text}, **more}
    answer = stand.post(f"{MORNING}/messages", token, **body)
    return None if answer.status_code == 200 else error_of(answer)


def test_a_reply_within_a_day_is_free(stand: Stand, token: str) -> None:
    assert send(stand, token, KEVIN) is None
    assert send(stand, token, KEVIN, messaging_type="RESPONSE") is None


def test_after_a_day_only_a_human_agent_may_answer(stand: Stand, token: str) -> None:
    assert send(stand, token, ZHIHAO) == (10, 2534022)
    assert send(stand, token, ZHIHAO, **HUMAN) is None
    stand.control("clock", advance=4 * DAY)
    assert send(stand, token, ZHIHAO, **HUMAN) == (10, 2534022)


def test_the_messenger_window_has_its_own_subcode(stand: Stand, token: str) -> None:
    stand.control("clock", advance=DAY)
    assert send(stand, token, PAGE_CUSTOMER) == (10, 2018278)


def test_a_new_message_of_the_customer_reopens_the_window(stand: Stand, token: str) -> None:
    stand.control("clock", advance=8 * DAY)
    assert send(stand, token) == (10, 2534022)
    stand.control("dm", account=MORNING_IG, customer=YATING, text="還在嗎")
    assert send(stand, token) is None


def test_an_answer_of_the_business_does_not_reopen_the_window(stand: Stand, token: str) -> None:
    stand.control("clock", advance=8 * DAY)
    stand.control("reply", account=MORNING_IG, customer=YATING, text="在的")
    assert send(stand, token) == (10, 2534022)


@pytest.mark.parametrize("tag", ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"])
def test_retired_tags_are_refused(stand: Stand, token: str, tag: str) -> None:
    assert send(stand, token, tag=tag) == (100, None)


@pytest.mark.parametrize(
    ("customer", "text", "expected"),
    [
        (YATING, "你" * 333, None),
        (YATING, "你" * 334, (100, None)),
        (YATING, "a" * 1000, None),
        (YATING, "a" * 1001, (100, None)),
        (PAGE_CUSTOMER, "你" * 2000, None),
        (PAGE_CUSTOMER, "你" * 2001, (100, None)),
    ],
)
def test_instagram_counts_bytes_and_messenger_characters(
    stand: Stand, token: str, customer: str, text: str, expected: tuple[int, int | None] | None
) -> None:
    assert send(stand, token, customer, text) == expected


def test_a_refused_text_leaves_no_message_behind(stand: Stand, token: str) -> None:
    before = len(stand.look("state")["conversations"][0]["messages"])
    send(stand, token, YATING, "a" * 1001)
    assert len(stand.look("state")["conversations"][0]["messages"]) == before


def test_recipients_of_other_accounts_do_not_exist(stand: Stand, token: str) -> None:
    other = next(row for row in stand.look("state")["customers"] if row["name"] == "Emma Chan")
    assert send(stand, token, other["id"]) == (100, 2534014)
    assert send(stand, token, "1") == (100, 2018001)
    bookshop = next(row for row in stand.look("state")["customers"] if row["name"] == "Nina")
    assert send(stand, token, bookshop["id"]) == (100, 2018001)


def test_forms_with_json_values_are_understood(stand: Stand, token: str) -> None:
    data = {"recipient": f'{{"id":"{YATING}"}}', "message": '{"text":"表單"}'}
    answer = stand.call("POST", "me/messages", token, data=data)
    assert set(answer.json()) == {"recipient_id", "message_id"}


def test_attachments_go_by_url_and_known_type(stand: Stand, token: str) -> None:
    picture = {"attachment": {"type": "image", "payload": {"url": "https://cdn.example/1.png"}}}
    assert send(stand, token, message=picture) is None
    assert stand.look("state")["conversations"][0]["messages"][-1]["attachments"] == [
        {"type": "image", "payload": {"url": "https://cdn.example/1.png"}}
    ]
    unknown = {"attachment": {"type": "hologram", "payload": {"url": "https://cdn.example/1"}}}
    assert send(stand, token, message=unknown) == (100, None)
    missing = {"attachment": {"type": "image", "payload": {}}}
    assert send(stand, token, message=missing) == (100, 2018008)
    assert send(stand, token, message={}) == (100, 2534015)


def test_a_sender_action_answers_with_the_recipient_only(stand: Stand, token: str) -> None:
    answer = stand.post("me/messages", token, recipient={"id": YATING}, sender_action="typing_on")
    assert answer.json() == {"recipient_id": YATING}
    wrong = stand.post("me/messages", token, recipient={"id": YATING}, sender_action="dance")
    assert error_of(wrong) == (100, None)


@pytest.mark.parametrize(
    ("declined", "customer", "expected"),
    [
        ("pages_messaging", PAGE_CUSTOMER, (200, None)),
        ("pages_messaging", YATING, None),
        ("instagram_manage_messages", YATING, (10, None)),
        ("instagram_manage_messages", PAGE_CUSTOMER, None),
    ],
)
def test_each_platform_needs_its_own_permission(
    stand: Stand, declined: str, customer: str, expected: tuple[int, int | None] | None
) -> None:
    token = stand.page_token(stand.log_in(LIN, declined=[declined]))
    assert send(stand, token, customer) == expected


def test_a_user_token_cannot_speak_for_the_page(stand: Stand) -> None:
    user = stand.log_in(LIN)
    assert send(stand, user) == (190, None)


def test_conversations_are_listed_newest_first_by_platform(stand: Stand, token: str) -> None:
    listing = stand.get(
        f"{MORNING}/conversations", token, platform="instagram", fields="id,updated_time,participants"
    ).json()
    users = [row["participants"]["data"][1] for row in listing["data"]]
    assert [user["id"] for user in users] == [YATING, KEVIN, ZHIHAO]
    assert users[0]["username"] == "yating.daily"
    assert listing["data"][0]["updated_time"].endswith("+0000")
    messenger = stand.get(f"{MORNING}/conversations", token, fields="participants").json()["data"]
    assert PAGE_CUSTOMER in [row["participants"]["data"][1]["id"] for row in messenger]
    assert all(row["id"].startswith("t_") for row in messenger)


def test_one_customers_conversation_can_be_asked_for(stand: Stand, token: str) -> None:
    params = {"platform": "instagram", "user_id": KEVIN, "fields": "participants"}
    (row,) = stand.get(f"{MORNING}/conversations", token, **params).json()["data"]
    assert row["participants"]["data"][1]["id"] == KEVIN


def test_messages_can_be_nested_and_their_next_page_followed(stand: Stand, token: str) -> None:
    fields = "messages.limit(2){id,created_time,from,to,message}"
    params = {"platform": "instagram", "user_id": YATING, "fields": fields}
    (row,) = stand.get(f"{MORNING}/conversations", token, **params).json()["data"]
    first, second = row["messages"]["data"]
    assert first["message"] == "想訂 20 杯拿鐵，明天早上可以外送嗎？"
    assert first["from"] == {"username": "yating.daily", "id": YATING}
    assert first["to"] == {"data": [{"username": "morninglight.coffee", "id": MORNING_IG}]}
    assert second["from"]["id"] == MORNING_IG
    rest = stand.call("GET", row["messages"]["paging"]["next"].split("/v25.0/")[1], "").json()["data"]
    assert [one["message"] for one in rest] == ["請問週末有營業嗎？"]
    node = stand.get(first["id"], token, fields="message,from").json()
    assert node == {"message": first["message"], "from": first["from"], "id": first["id"]}
    edge = stand.get(f"{row['id']}/messages", token).json()["data"]
    assert [set(one) for one in edge] == [{"id", "created_time"}] * 3


def test_only_the_newest_twenty_messages_have_details(stand: Stand, token: str) -> None:
    for number in range(22):
        stand.control("dm", account=MORNING_IG, customer=YATING, text=f"第 {number} 則")
    params = {"platform": "instagram", "user_id": YATING, "fields": "messages.limit(50){id,message}"}
    (row,) = stand.get(f"{MORNING}/conversations", token, **params).json()["data"]
    texts = [one.get("message") for one in row["messages"]["data"]]
    assert texts[:2] == ["第 21 則", "第 20 則"]
    assert texts[19] is not None
    assert texts[20:] == [None] * 5


def test_a_message_of_another_page_does_not_exist(stand: Stand, token: str) -> None:
    other = next(row for row in stand.look("state")["conversations"] if row["account_id"] == SHANHAI)
    assert error_of(stand.get(other["messages"][0]["mid"], token)) == (100, 33)
    assert error_of(stand.get(other["id"], token)) == (100, 33)


def test_profiles_need_an_open_account(stand: Stand, token: str) -> None:
    profile = stand.get(YATING, token).json()
    assert profile["name"] == "張雅婷"
    assert profile["username"] == "yating.daily"
    stand.cause("customer_blocked", customer=YATING)
    assert error_of(stand.get(YATING, token))[0] == 230
    stand.cause("message_access_off", page=MORNING)
    assert error_of(stand.get(KEVIN, token)) == (200, 2534041)
