"""The sandbox speaks in Meta's shapes, as the reference gives them: every endpoint, every refusal, every webhook.

Each answer and each webhook of every other test here is checked too (stand.py, conftest.py): this file makes sure
that nothing is left out, and that the checks can fail.
"""

import json
from typing import Any

import pytest

from sandbox.forms import FORMS
from sandbox.graph.dispatch import HANDLERS
from sandbox.model import INSTAGRAM, MESSENGER
from sandbox.settings import DEFAULT_APP_ID
from tests.sandbox.shapes import answers, nodes, webhooks
from tests.sandbox.shapes.parts import ID, exact
from tests.sandbox.stand import (
    APP_TOKEN,
    LIN,
    MORNING,
    MORNING_IG,
    PAGE_CUSTOMER,
    YATING,
    Receiver,
    Stand,
)

NODE_FIELDS = {
    "me": ("id,name,email,first_name,last_name,picture", nodes.USER),
    MORNING: (",".join(nodes.PAGE["properties"]), nodes.PAGE),
    MORNING_IG: (",".join(nodes.INSTAGRAM["properties"]), nodes.INSTAGRAM),
}


def test_every_endpoint_has_a_shape() -> None:
    for method, _, edge in HANDLERS:
        assert answers.shape_of(method, f"123/{edge}".rstrip("/"))


@pytest.mark.parametrize("node", NODE_FIELDS)
def test_a_node_gives_every_field_that_the_reference_names(stand: Stand, node: str) -> None:
    fields, shape = NODE_FIELDS[node]
    answer = stand.get(node, stand.log_in(LIN), fields=fields).json()
    assert answers.fits(shape, answer) == []
    assert set(fields.split(",")) - set(answer) <= {"username"}


def test_a_conversation_gives_all_of_its_messages_forms(stand: Stand) -> None:
    token = stand.subscribed(stand.log_in(LIN))
    for platform, account, customer in ((INSTAGRAM, MORNING_IG, YATING), (MESSENGER, MORNING, PAGE_CUSTOMER)):
        for form in FORMS.values():
            if form.kind != "entry" and platform in form.platforms:
                stand.control("act", account=account, customer=customer, form=form.name, text="你好")
        inner = ",".join(nodes.MESSAGE["properties"])
        fields = ",".join(name for name in nodes.CONVERSATION["properties"] if name != "messages")
        params = {"platform": platform, "user_id": customer, "fields": f"{fields},messages.limit(50){{{inner}}}"}
        (row,) = stand.get(f"{MORNING}/conversations", token, **params).json()["data"]
        assert len(row["messages"]["data"]) > 10


@pytest.mark.parametrize("platform", [INSTAGRAM, MESSENGER])
@pytest.mark.parametrize("standby", [False, True], ids=["messaging", "standby"])
def test_every_form_of_webhook_has_the_shape_of_the_reference(
    stand: Stand, receiver: Receiver, platform: str, standby: bool
) -> None:
    stand.subscribed(stand.log_in(LIN))
    token = stand.page_token(stand.log_in(LIN))
    everything = "messages,message_echoes,message_reads,message_deliveries,message_reactions,message_edits,"
    everything += "messaging_postbacks,messaging_referrals,messaging_optins,messaging_handovers,standby,"
    everything += "messaging_policy_enforcement,feed"
    assert stand.post(f"{MORNING}/subscribed_apps", token, subscribed_fields=everything).status_code == 200
    app = stand.app.extensions["sandbox"].state.subscriptions
    app["page"].fields.append("feed")
    app["instagram"].fields.append("comments")
    stand.cause("other_app_default", on=standby, page=MORNING)
    stand.control("settle")
    receiver.posts.clear()
    account, customer = (MORNING_IG, YATING) if platform == INSTAGRAM else (MORNING, PAGE_CUSTOMER)
    names = [form.name for form in FORMS.values() if platform in form.platforms]
    for name in names:
        told = stand.control("act", account=account, customer=customer, form=name, text="你好")
        assert (name, told["delivered"]) == (name, True)
    stand.control("reply", account=account, customer=customer, text="在 App 內回覆")
    receiver.wait_for(len(names) + 1)
    parts = {part for body in receiver.bodies() for entry in body["entry"] for part in entry}
    assert ("standby" in parts) == standby
    for body in receiver.bodies():
        assert webhooks.wrong_in(body) == []


def test_every_kind_of_event_in_the_reference_is_sent(stand: Stand, receiver: Receiver) -> None:
    """Turned round: nothing in the shapes of webhooks is there that no form of the sandbox makes."""
    for kind, platform in (("instagram", INSTAGRAM), ("page", MESSENGER)):
        made = {form.part for form in FORMS.values() if platform in form.platforms and form.part}
        assert made == set(webhooks.EVENTS[kind])


def test_listings_batches_and_app_calls_have_their_shapes(stand: Stand) -> None:
    user = stand.log_in(LIN)
    token = stand.page_token(user)
    stand.get("me/accounts", user, limit=2, summary="true")
    stand.get("me/permissions", user)
    stand.get(f"{DEFAULT_APP_ID}/subscriptions", APP_TOKEN)
    stand.get(f"{MORNING}/thread_owner", token, recipient=YATING)
    stand.get("", user, ids=f"{MORNING},{MORNING_IG}", fields="id,name")
    items = [{"method": "GET", "relative_url": path} for path in ("me", "me/accounts?limit=1", "999")]
    rows = stand.post("", user, batch=json.dumps(items)).json()
    assert answers.fits(answers.ANY_NODE, json.loads(rows[0]["body"])) == []
    assert answers.fits(answers.shape_of("GET", "me/accounts"), json.loads(rows[1]["body"])) == []
    assert answers.fits(answers.ENVELOPE, json.loads(rows[2]["body"])) == []


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (nodes.USER, {"id": 10158249017483553, "name": "數字的編號"}),
        (nodes.PAGE, {"id": "123456", "tasks": ["RULE_THE_WORLD"]}),
        (nodes.INSTAGRAM, {"id": "17841405822301001", "account_type": "BUSINESS"}),
        (nodes.DEBUGGED, {"is_valid": False, "scopes": [], "error": {"code": 190, "error_subcode": 460}}),
        (nodes.DEBUGGED, {"is_valid": True, "scopes": [], "expires_at": 1_700_000_000_000}),
        (answers.ENVELOPE, {"error": {"message": "沒有追蹤編號", "type": "OAuthException", "code": 190}}),
        (answers.ENVELOPE, {"error": {"message": "x", "type": "Nonsense", "code": 1, "fbtrace_id": "A"}}),
        (answers.BATCH, [{"code": 200, "body": {"id": "1"}}]),
        (exact({"id": ID}), {"id": "123", "more": 1}),
    ],
)
def test_a_wrong_shape_is_noticed(shape: dict[str, Any], value: object) -> None:
    assert answers.fits(shape, value) != []


def instagram(**changes: Any) -> dict[str, Any]:
    event = {
        "sender": {"id": YATING},
        "recipient": {"id": MORNING_IG},
        "timestamp": 1569262485349,
        "message": {"mid": "aWdfZAG1faXRlbToxOklHTWVzc2FnZ", "text": "hello"},
    }
    entry = {"id": MORNING_IG, "time": 1569262486134, "messaging": [event | changes]}
    return {"object": "instagram", "entry": [entry]}


def test_wrong_webhooks_are_noticed() -> None:
    assert webhooks.wrong_in(instagram()) == []
    wrong: tuple[dict[str, Any], ...] = (
        instagram(timestamp=1569262485),
        instagram(sender={"id": 5614879045272581}),
        instagram(message={"mid": "aWdfZAG1faXRlbToxOklHTWVzc2FnZ", "attachments": [{"type": "hologram"}]}),
        instagram(read={"watermark": 1569262485349}),
        {**instagram(), "object": "user"},
        {"object": "instagram", "entry": []},
    )
    for body in wrong:
        assert webhooks.wrong_in(body) != [], body
