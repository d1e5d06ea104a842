"""How the switches of the webhook group change what travels."""

import hashlib
import hmac
import json

import pytest

from sandbox.settings import DEFAULT_APP_SECRET
from tests.sandbox.stand import LIN, MORNING, MORNING_IG, SHANHAI, YATING, Receiver, Stand


@pytest.fixture
def connected(stand: Stand, receiver: Receiver) -> Stand:
    stand.subscribed(stand.log_in(LIN))
    assert stand.control("settle")["settled"]
    receiver.posts.clear()
    return stand


def write(stand: Stand, *texts: str) -> list[bool]:
    return [bool(stand.control("dm", account=MORNING_IG, customer=YATING, text=text)["delivered"]) for text in texts]


def texts_in(receiver: Receiver) -> list[str]:
    entries = [entry for body in receiver.bodies("instagram") for entry in body["entry"]]
    return [entry["messaging"][0]["message"]["text"] for entry in entries]


def test_each_can_come_three_times_with_the_same_bytes(connected: Stand, receiver: Receiver) -> None:
    connected.cause("webhook_duplicated")
    write(connected, "一")
    receiver.wait_for(3)
    assert len({body for _, body in receiver.posts}) == 1
    assert connected.control("settle")["settled"]
    assert len(receiver.posts) == 3


def test_the_order_can_be_another_one(connected: Stand, receiver: Receiver) -> None:
    connected.cause("webhook_shuffled", seconds=0.4)
    sent = [str(number) for number in range(10)]
    write(connected, *sent)
    receiver.wait_for(10)
    assert sorted(texts_in(receiver)) == sent
    assert texts_in(receiver) != sent


def test_they_can_come_late(connected: Stand, receiver: Receiver) -> None:
    connected.cause("webhook_delayed", seconds=0.3, times=1)
    write(connected, "first", "second")
    receiver.wait_for(2)
    assert texts_in(receiver) == ["second", "first"]


def test_several_can_come_in_one_signed_body(connected: Stand, receiver: Receiver) -> None:
    connected.cause("webhook_batched", seconds=0.2)
    write(connected, "一", "二", "三")
    receiver.wait_for(1)
    assert connected.control("settle")["settled"]
    assert len(receiver.posts) == 1
    assert texts_in(receiver) == ["一", "二", "三"]
    headers, body = receiver.posts[0]
    digest = hmac.new(DEFAULT_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={digest}"


def test_they_can_get_lost_and_still_stand_at_meta(connected: Stand, receiver: Receiver) -> None:
    connected.cause("webhook_lost", page=MORNING)
    assert write(connected, "沒人聽到") == [False]
    assert connected.look("deliveries")[0]["state"] == "lost"
    token = connected.page_token(connected.log_in(LIN))
    fields = "messages.limit(1){message}"
    row = connected.get(f"{MORNING}/conversations", token, platform="instagram", fields=fields).json()["data"][0]
    assert row["messages"]["data"][0]["message"] == "沒人聽到"
    connected.cause("webhook_lost", on=False, page=MORNING)
    assert write(connected, "這次聽到了") == [True]


@pytest.mark.parametrize("cause", ["webhook_forged", "app_secret_changed"])
def test_they_can_be_signed_with_another_secret(connected: Stand, receiver: Receiver, cause: str) -> None:
    connected.cause(cause)
    write(connected, "假的")
    receiver.wait_for(1)
    headers, body = receiver.posts[0]
    digest = hmac.new(DEFAULT_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] != f"sha256={digest}"


def test_a_switch_may_meet_one_page_only(connected: Stand, receiver: Receiver) -> None:
    connected.cause("webhook_lost", page=SHANHAI)
    assert write(connected, "晨光的訊息") == [True]


def test_with_the_apps_webhook_off_nothing_is_sent_until_it_is_on_again(connected: Stand, receiver: Receiver) -> None:
    connected.cause("app_webhook_off")
    assert write(connected, "一") == [False]
    connected.cause("app_webhook_off", on=False)
    assert write(connected, "二") == [True]
    receiver.wait_for(1)
    assert json.loads(receiver.posts[0][1])["object"] == "instagram"
