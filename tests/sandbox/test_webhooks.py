"""What reaches the app's callbacks, in which bytes, when again, and when not at all."""

import hashlib
import hmac
import json

import pytest

from sandbox.settings import DEFAULT_APP_ID, DEFAULT_APP_SECRET
from tests.sandbox.stand import (
    APP_TOKEN,
    CHEN,
    KEVIN,
    LIN,
    MORNING,
    MORNING_IG,
    PAGE_CUSTOMER,
    SHANHAI,
    YATING,
    Receiver,
    Stand,
    error_of,
)
from tests.sandbox.test_signature import opened


@pytest.fixture
def connected(stand: Stand, receiver: Receiver) -> str:
    """Lin's Page token for 晨光咖啡, subscribed; what the login itself announced is forgotten."""
    token = stand.subscribed(stand.log_in(LIN))
    assert stand.control("settle")["settled"]
    receiver.posts.clear()
    return token


def write(stand: Stand, text: str = "請問今天有開嗎？", **more: object) -> dict[str, object]:
    return stand.control("dm", **{"account": MORNING_IG, "customer": YATING, "text": text, **more})


def test_a_dm_arrives_signed_over_its_exact_bytes(stand: Stand, receiver: Receiver, connected: str) -> None:
    mid = write(stand, "好 https://e.x/a")["mid"]
    receiver.wait_for(1)
    headers, body = receiver.posts[0]
    digest = hmac.new(DEFAULT_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert headers["X-Hub-Signature"].startswith("sha1=")
    assert headers["Content-Type"] == "application/json"
    assert b"\\u597d https:\\/\\/e.x\\/a" in body
    event = json.loads(body)["entry"][0].pop("messaging")[0]
    assert event["sender"] == {"id": YATING}
    assert event["recipient"] == {"id": MORNING_IG}
    assert event["message"] == {"mid": mid, "text": "好 https://e.x/a"}


def test_instagram_comes_by_its_own_id_and_messenger_by_the_pages(
    stand: Stand, receiver: Receiver, connected: str
) -> None:
    write(stand)
    write(stand, account=MORNING, customer=PAGE_CUSTOMER)
    receiver.wait_for(2)
    seen = {(body["object"], body["entry"][0]["id"]) for body in receiver.bodies()}
    assert seen == {("instagram", MORNING_IG), ("page", MORNING)}


def test_an_answer_comes_back_as_an_echo_with_the_same_mid(stand: Stand, receiver: Receiver, connected: str) -> None:
    sent = stand.post("me/messages", connected, recipient={"id": YATING}, message={"text": "有的"}).json()
    assert set(sent) == {"recipient_id", "message_id"}
    assert sent["recipient_id"] == YATING
    receiver.wait_for(1)
    (event,) = receiver.bodies()[0]["entry"][0]["messaging"]
    assert (event["sender"], event["recipient"]) == ({"id": MORNING_IG}, {"id": YATING})
    assert event["message"] == {"mid": sent["message_id"], "text": "有的", "is_echo": True}


def test_a_messenger_echo_names_the_app(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.post(f"{MORNING}/messages", connected, recipient={"id": PAGE_CUSTOMER}, message={"text": "可以"})
    receiver.wait_for(1)
    assert receiver.bodies()[0]["entry"][0]["messaging"][0]["message"]["app_id"] == int(DEFAULT_APP_ID)


def test_an_answer_written_in_the_app_itself_is_an_echo_too(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.control("reply", account=MORNING, customer=PAGE_CUSTOMER, text="在手機上回的")
    receiver.wait_for(1)
    message = receiver.bodies()[0]["entry"][0]["messaging"][0]["message"]
    assert (message["is_echo"], "app_id" in message) == (True, False)


def test_any_form_of_message_and_event_can_be_played(stand: Stand, receiver: Receiver, connected: str) -> None:
    mention = {"attachments": [{"type": "story_mention", "payload": {"url": "https://cdn.example/1"}}]}
    mid = write(stand, message=mention)["mid"]
    stand.control("event", account=MORNING_IG, customer=YATING, field="messaging_seen", event={"read": {"mid": mid}})
    receiver.wait_for(2)
    first, second = (body["entry"][0]["messaging"][0] for body in receiver.bodies())
    assert first["message"] == {"mid": mid, **mention}
    assert second["read"] == {"mid": mid}


def test_several_messages_at_once_have_times_that_order_them(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.control("act", account=MORNING_IG, customer=YATING, form="text", text="在嗎", times=5)
    receiver.wait_for(5)
    events = [body["entry"][0]["messaging"][0] for body in receiver.bodies()]
    times = [event["timestamp"] for event in events]
    assert len(set(times)) == 5
    assert [event["message"]["text"] for event in events] == [f"在嗎 ({number}/5)" for number in range(1, 6)]


def test_a_stranger_becomes_a_customer(stand: Stand, receiver: Receiver, connected: str) -> None:
    customer = write(stand, customer="新來的人")["customer"]
    receiver.wait_for(1)
    profile = stand.get(str(customer), connected, fields="name,username,profile_pic").json()
    assert profile["name"] == "新來的人"
    assert stand.call("GET", profile["profile_pic"].replace(stand.origin, "../"), "").status_code == 200


@pytest.mark.parametrize(
    ("cause", "subject"),
    [
        ("message_access_off", {"page": MORNING}),
        ("instagram_unlinked", {"page": MORNING}),
        ("not_business", {"page": MORNING}),
        ("subscription_removed", {"page": MORNING}),
        ("page_unticked", {"page": MORNING, "person": LIN}),
        ("permission_cancelled", {"person": LIN, "permission": "instagram_manage_messages"}),
        ("permission_cancelled", {"person": LIN, "permission": "pages_manage_metadata"}),
    ],
)
def test_webhooks_stop_silently(
    stand: Stand, receiver: Receiver, connected: str, cause: str, subject: dict[str, str]
) -> None:
    stand.cause(cause, **subject)
    told = write(stand)
    assert told["delivered"] is False
    stand.control("settle")
    assert receiver.bodies("instagram") == []


def test_another_admins_grant_keeps_webhooks_coming(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.log_in(CHEN)
    stand.cause("app_removed", person=LIN)
    assert write(stand)["delivered"] is True
    stand.cause("app_removed", person=CHEN)
    assert write(stand)["delivered"] is False


def test_a_page_that_was_never_subscribed_stays_silent(stand: Stand, receiver: Receiver, connected: str) -> None:
    assert write(stand, account="@shanhai.select", customer="Emma Chan")["delivered"] is False


def test_with_another_default_app_messages_come_as_standby(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.cause("other_app_default", page=MORNING)
    write(stand)
    receiver.wait_for(1)
    (entry,) = receiver.bodies()[0]["entry"]
    assert "messaging" not in entry
    assert entry["standby"][0]["message"]["text"] == "請問今天有開嗎？"


def test_a_thread_passed_to_us_is_ours_until_we_release_it(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.cause("other_app_default", page=MORNING)
    whom = {"recipient": {"id": YATING}}
    owner = stand.get(f"{MORNING}/thread_owner", connected, recipient=YATING).json()["data"][0]["thread_owner"]
    assert "app_id" not in owner
    assert error_of(stand.post(f"{MORNING}/take_thread_control", connected, **whom)) == (100, None)
    stand.control("thread-owner", account=MORNING_IG, customer=YATING, app="ours")
    receiver.wait_for(1)
    handover = receiver.bodies()[0]["entry"][0]["messaging"][0]["pass_thread_control"]
    assert handover["new_owner_app_id"] == DEFAULT_APP_ID
    owner = stand.get(f"{MORNING}/thread_owner", connected, recipient=YATING).json()["data"][0]["thread_owner"]
    assert owner["app_id"] == int(DEFAULT_APP_ID)
    assert stand.post("me/messages", connected, **whom, message={"text": "我來"}).status_code == 200
    assert stand.post(f"{MORNING}/release_thread_control", connected, **whom).json() == {"success": True}
    assert error_of(stand.post("me/messages", connected, **whom, message={"text": "?"})) == (100, 2534037)


def test_without_routing_control_cannot_be_taken(stand: Stand, connected: str) -> None:
    answer = stand.post(f"{MORNING}/take_thread_control", connected, recipient={"id": YATING})
    assert error_of(answer) == (27, None)
    assert stand.get(f"{MORNING}/thread_owner", connected, recipient=YATING).json() == {"data": []}


def test_a_refused_delivery_is_tried_again_and_then_dropped(stand: Stand, receiver: Receiver, connected: str) -> None:
    receiver.status = 500
    write(stand)
    receiver.wait_for(2)
    receiver.status = 200
    receiver.wait_for(3)
    stand.control("settle")
    newest = stand.look("deliveries")[0]
    assert newest["state"] == "delivered"
    assert [one["status"] for one in newest["attempts"]][-1] == 200
    assert len({body for _, body in receiver.posts}) == 1


def test_a_callback_that_never_answers_200_is_given_up(stand: Stand, receiver: Receiver, connected: str) -> None:
    receiver.status = 403
    write(stand)
    receiver.wait_for(4)
    stand.control("settle")
    newest = stand.look("deliveries")[0]
    assert (newest["state"], len(newest["attempts"]), newest["status"]) == ("dropped", 4, 403)


def test_a_delivery_can_be_repeated_side_by_side_and_forged(stand: Stand, receiver: Receiver, connected: str) -> None:
    mid = write(stand)["mid"]
    receiver.wait_for(1)
    stand.control("redeliver", mid=mid, times=5, at_once=True)
    assert len(receiver.posts) == 6
    assert len({body for _, body in receiver.posts}) == 1
    stand.control("redeliver", mid=mid, wrong_signature=True)
    headers, body = receiver.posts[-1]
    digest = hmac.new(DEFAULT_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] != f"sha256={digest}"


def test_a_delivery_can_come_late(stand: Stand, receiver: Receiver, connected: str) -> None:
    write(stand, "first", delay=0.3)
    write(stand, "second", customer=KEVIN)
    receiver.wait_for(2)
    texts = [body["entry"][0]["messaging"][0]["message"]["text"] for body in receiver.bodies()]
    assert texts == ["second", "first"]


def test_removing_the_app_calls_deauthorize_with_a_signed_request(
    stand: Stand, receiver: Receiver, connected: str
) -> None:
    stand.cause("app_removed", person=LIN)
    stand.control("data-deletion", person="林小姐")
    stand.control("settle")
    assert [form["path"] for form in receiver.forms] == ["deauthorize", "deletion"]
    for form in receiver.forms:
        payload = opened(form["signed_request"], DEFAULT_APP_SECRET)
        assert (payload["user_id"], payload["algorithm"]) == (LIN, "HMAC-SHA256")


def test_changed_permissions_are_announced(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.cause("permission_cancelled", person=LIN, permission="pages_messaging")
    receiver.wait_for(1)
    (entry,) = receiver.bodies("permissions")[0]["entry"]
    (change,) = entry["changes"]
    assert (change["field"], change["value"]["verb"]) == ("pages_messaging", "revoked")
    assert MORNING in change["value"]["target_ids"]
    assert entry["uid"] == LIN


def test_an_app_subscription_is_believed_after_the_handshake(stand: Stand, receiver: Receiver) -> None:
    edge = f"{DEFAULT_APP_ID}/subscriptions"
    wanted = {
        "object": "instagram",
        "callback_url": f"{receiver.url}/elsewhere",
        "fields": "messages,messaging_seen",
        "verify_token": "sandbox-verify-token",
    }
    assert stand.post(edge, APP_TOKEN, **wanted).json() == {"success": True}
    rows = {row["object"]: row for row in stand.get(edge, APP_TOKEN).json()["data"]}
    assert rows["instagram"]["callback_url"] == f"{receiver.url}/elsewhere"
    assert [one["name"] for one in rows["instagram"]["fields"]] == ["messages", "messaging_seen"]
    assert rows["instagram"]["active"] is True
    refused = stand.post(edge, APP_TOKEN, **{**wanted, "verify_token": "another"})
    assert error_of(refused) == (2200, None)
    assert error_of(stand.post(edge, APP_TOKEN, **{**wanted, "fields": "message_echoes"})) == (100, None)
    assert error_of(stand.get(edge, stand.log_in(LIN))) == (15, None)
    assert stand.delete(edge, APP_TOKEN, object="instagram").json() == {"success": True}
    assert "instagram" not in {row["object"] for row in stand.get(edge, APP_TOKEN).json()["data"]}


def test_the_handshakes_of_all_callbacks_can_be_tried(stand: Stand, receiver: Receiver) -> None:
    assert set(stand.control("handshake").values()) == {""}
    receiver.verify_token = "another"
    assert all("403" in failure for failure in stand.control("handshake").values())


def test_the_app_can_be_pointed_elsewhere_while_running(stand: Stand, receiver: Receiver, connected: str) -> None:
    stand.control("app", webhook_url="")
    assert write(stand)["delivered"] is False
    stand.control("app", webhook_url=f"{receiver.url}/new-place")
    assert write(stand)["delivered"] is True
    stand.control("reset")
    assert stand.look("state")["subscriptions"][0]["callback_url"] == f"{receiver.url}/new-place"


def test_messages_of_another_page_do_not_reach_this_token(stand: Stand, connected: str) -> None:
    answer = stand.get(f"{SHANHAI}/conversations", connected, platform="instagram")
    assert error_of(answer) == (190, None)
