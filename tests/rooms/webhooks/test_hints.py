"""What Meta tells about permissions makes the check come at once, and decides nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import NOON, People, make_channel
from tests.rooms.webhooks.stored import deliveries, handle_due
from tests.rooms.webhooks.wire import ACCOUNT, delivery, entry, event
from webapp.channels.models import Channel
from webapp.core import db
from webapp.webhooks.rules import read

LATER = NOON + timedelta(minutes=50)
USER = "7001"  # of make_channel's grant


def told(target_ids: Any = (), user: Any = "0", about: str = "permissions") -> bytes:
    change = {"field": "instagram_basic", "value": {"verb": "revoked", "target_ids": target_ids}}
    entry = {"id": user, "uid": user, "time": 1763812800, "changes": [change]}
    return json.dumps({"object": about, "entry": [entry]}).encode()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (told(["123", 321]), {"123", "321"}),
        (told(user="7001"), {"7001"}),
        (told(user=7001, about="user"), {"7001"}),
        (told("123"), set()),
        (told(["123"], about="page"), set()),
        (delivery(entry(event(policy_enforcement={"action": "block", "reason": "R"}))), {ACCOUNT}),
        (delivery(entry(event(**{"policy-enforcement": {"action": "warning"}}), account="12")), {"12"}),
        (delivery(entry({"recipient": {"id": ACCOUNT}, "app_roles": {"1": ["primary_receiver"]}})), {ACCOUNT}),
        (delivery(entry(event(policy_enforcement={}), account="0"), {"messaging": [{"app_roles": {}}]}), set()),
        (delivery(entry(event(pass_thread_control={"new_owner_app_id": "1"}))), set()),
        (b'{"object": "permissions", "entry": [7, {"changes": [null, {"value": 3}]}]}', set()),
    ],
)
def test_who_is_named_is_read_whatever_comes(body: bytes, named: set[str]) -> None:
    assert read(body, NOON).hints == named


@pytest.mark.parametrize(
    ("body", "due"),
    [
        (told(["100000000001"]), [1]),
        (told(["17841400000000002"]), [2]),
        (told(user=USER), [1, 2]),
        (delivery(entry(event(policy_enforcement={"action": "block"}), account="17841400000000001")), [1]),
        (told(["999"], user="998"), []),
    ],
)
def test_the_check_of_those_concerned_is_due_at_once(house: Flask, people: People, body: bytes, due: list[int]) -> None:
    for number in (1, 2):
        make_channel(people.aurora, people.alice, number=number, next_check_at=LATER)
    make_channel(people.aurora, people.alice, number=3, next_check_at=LATER, status="disconnected")
    house.extensions["writer"].store(body, now=NOON)
    handle_due(NOON)
    db.leave()
    found = db.session().scalars(select(Channel).order_by(Channel.id).execution_options(populate_existing=True)).all()
    assert [one.id for one in found if one.next_check_at == NOON] == due
    assert {one.status for one in found[:2]} == {"connected"}
    assert [(one.problem, one.handled_at) for one in deliveries()] == [("", NOON)]
