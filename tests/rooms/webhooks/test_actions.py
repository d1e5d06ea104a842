"""Handling what was stored: to the right conversation, once, and no neighbour lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as happening
from sqlalchemy.orm import Session

from tests.people import People, make_channel
from tests.rooms.webhooks.stored import conversations, deliveries, handle_due, messages, store
from tests.rooms.webhooks.wire import ACCOUNT, AT, delivery, dm, echo, entry, event
from webapp.channels.models import Channel, Hearing
from webapp.core import clock, db
from webapp.inbox import actions as inbox
from webapp.inbox.actions import Happening, Spoken
from webapp.webhooks import actions, queue
from webapp.webhooks.actions import NO_CHANNEL
from webapp.webhooks.queue import LONGEST_PAUSE, pause


def arrive(body: bytes, now: datetime | None = None) -> None:
    """Store a delivery and handle all that is due."""
    now = now or clock.now()
    store(body, now)
    handle_due(now)


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events whose text is "poison" cannot be digested, which shows only when half of it is written."""
    real = inbox.receive_all

    def receive_all(session: Session, happenings: Sequence[Happening], **rest: Any) -> list[Spoken]:
        taken_back = real(session, happenings, **rest)
        if any(getattr(one.event, "text", "") == "poison" for one in happenings):
            raise RuntimeError("EAAsecrettokenthatmustnotbekept")
        return taken_back

    monkeypatch.setattr(inbox, "receive_all", receive_all)


def test_whoever_looks_for_work_and_finds_none_takes_nobodys_turn_to_write(house: Flask) -> None:
    asked: list[str] = []
    note = lambda *args: asked.append(args[2])  # noqa: E731
    happening.listen(house.extensions["engine"], "before_cursor_execute", note)
    assert actions.handle_some(now=clock.now()) is False
    happening.remove(house.extensions["engine"], "before_cursor_execute", note)
    assert asked
    assert not [one for one in asked if "IMMEDIATE" in one or "FOR UPDATE" in one]


def test_many_messages_take_no_more_statements_than_few(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    asked: list[str] = []
    note = lambda *args: asked.append(args[2])  # noqa: E731
    counts = []
    for customers in (2, 40):
        for number in range(customers):
            mid, sender = f"{customers}-{number}", {"id": f"{customers}-{number % (customers // 2)}"}
            store(dm("你好", mid=mid, sender=sender))
        asked.clear()
        happening.listen(house.extensions["engine"], "before_cursor_execute", note)
        assert actions.handle_some(now=clock.now())
        happening.remove(house.extensions["engine"], "before_cursor_execute", note)
        counts.append(len(asked))
    assert counts[1] <= counts[0] < 20
    assert len(messages()) == 42


def test_a_message_reaches_the_workspace_that_holds_the_account(house: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice)
    arrive(dm("你好"))
    (message,) = messages()
    assert (message.text, message.channel_id) == ("你好", channel.id)
    (conversation,) = conversations()
    assert (conversation.workspace_id, conversation.unread) == (people.aurora.id, 1)
    assert conversation.channel.last_inbound_at == message.at


def test_each_account_remembers_when_a_customer_wrote_last(house: Flask, people: People) -> None:
    first = make_channel(people.aurora, people.alice)
    second = make_channel(people.aurora, people.alice, number=2)
    store(dm(mid="b", timestamp=AT + 60_000))
    store(dm(mid="a", timestamp=AT))
    told = event(message={"mid": "c"}) | {"recipient": {"id": second.external_id}, "timestamp": AT + 120_000}
    store(delivery(entry(told, account=second.external_id)))
    handle_due()
    arrive(dm(mid="d", timestamp=AT + 30_000))
    with db.transaction() as session:
        moments = [session.get_one(Channel, one.id, populate_existing=True).last_inbound_at for one in (first, second)]
        heard = [session.get_one(Hearing, one.id, populate_existing=True).delivery_id for one in (first, second)]
    assert [moment and moment.timestamp() * 1000 - AT for moment in moments] == [60_000, 120_000]
    assert heard == [4, 3]


def test_instagram_and_page_ids_are_different_worlds(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    arrive(delivery(entry(event(message={"mid": "m", "text": "x"})), object="page"))
    assert messages() == []
    assert deliveries()[0].problem == NO_CHANNEL


@pytest.mark.parametrize("status", ["connected", "attention", "lost"])
def test_nothing_inbound_is_thrown_away_whatever_the_channels_state(house: Flask, people: People, status: str) -> None:
    make_channel(people.aurora, people.alice, status=status)
    arrive(dm())
    assert [one.text for one in messages()] == ["hello"]


def test_a_disconnected_or_unknown_account_shows_nothing_to_anybody(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice, status="disconnected")
    arrive(dm())
    assert (messages(), conversations()) == ([], [])
    (kept,) = deliveries()
    assert (kept.problem, kept.handled_at is not None) == (NO_CHANNEL, True)


def test_who_holds_the_account_now_gets_the_message_and_not_who_held_it(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice, status="disconnected")
    held = make_channel(people.borealis, people.dave)
    arrive(dm())
    assert [one.channel_id for one in messages()] == [held.id]


def test_the_same_message_in_another_delivery_is_still_one(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    once = {"mid": "m", "text": "x"}
    arrive(delivery(entry(event(message=once))))
    arrive(delivery(entry(event(message=once), event(message={"mid": "n", "text": "y"}))))
    assert [one.text for one in messages()] == ["x", "y"]
    assert conversations()[0].unread == 2


@pytest.mark.usefixtures("poison")
def test_a_poisoned_event_waits_and_lets_its_neighbours_pass(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    make_channel(people.aurora, people.alice, number=2)
    bad, good = event(message={"mid": "a", "text": "poison"}), event(message={"mid": "b", "text": "good"})
    neighbour = event(message={"mid": "c", "text": "other account"}) | {"recipient": {"id": "17841400000000002"}}
    arrive(delivery(entry(bad, good), entry(neighbour, account="17841400000000002")))
    assert [one.text for one in messages()] == ["good", "other account"]
    (kept,) = deliveries()
    assert (kept.handled_at, kept.problem, kept.tries) == (None, "RuntimeError", 1)


@pytest.mark.usefixtures("poison")
def test_a_poisoned_delivery_is_tried_again_with_growing_pauses(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    now = clock.now()
    arrive(dm("poison"), now)
    assert not actions.handle_some(now=now + pause(1) - timedelta(seconds=1))
    assert actions.handle_some(now=now + pause(1))
    assert deliveries()[0].next_try_at == now + pause(1) + pause(2)
    assert [pause(tries) < pause(tries + 1) for tries in range(1, 6)] == [True] * 5
    assert pause(10_000) == LONGEST_PAUSE


def test_a_delivery_is_digested_as_soon_as_that_is_possible(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(people.aurora, people.alice)
    now = clock.now()
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "receive_all", lambda *all, **rest: 1 / 0)
        arrive(dm(), now)
    assert deliveries()[0].problem == "ZeroDivisionError"
    actions.handle(deliveries()[0].id, now=now + pause(1))
    (kept,) = deliveries()
    assert (kept.problem, kept.handled_at) == ("", now + pause(1))
    assert [one.text for one in messages()] == ["hello"]


def test_an_echo_alone_makes_a_conversation_that_nobody_has_to_read(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    arrive(delivery(entry(echo(mid="e", text="written in the app"))))
    (message,), (conversation,) = messages(), conversations()
    assert (message.direction, message.author_id, message.send_status) == ("out", None, "sent")
    assert (conversation.unread, conversation.last_inbound_at) == (0, None)


def test_late_deliveries_do_not_change_what_is_newest(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    arrive(dm("second", mid="b", timestamp=AT))
    arrive(dm("first", mid="a", timestamp=AT - 60_000))
    (conversation,) = conversations()
    assert conversation.latest_text == "second"
    assert conversation.latest_at == conversation.last_inbound_at
    assert conversation.unread == 2


def test_what_is_handled_is_not_handled_again(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    arrive(dm())
    actions.handle(deliveries()[0].id, now=clock.now())
    assert deliveries()[0].tries == 1
    assert not actions.handle_some(now=clock.now() + timedelta(days=1))


def test_large_deliveries_are_handled_in_portions_and_one_that_is_too_large_alone(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(people.aurora, people.alice)
    monkeypatch.setattr(queue, "MOST_BYTES", 1_000)
    for mid, size in (("huge", 5_000), ("a", 200), ("b", 200), ("c", 200)):
        store(dm("x" * size, mid=mid))
    handled = []
    while actions.handle_some(now=clock.now()):
        handled.append(len(messages()))
    assert handled == [1, 3, 4]


def test_objects_about_other_things_are_done_at_once(house: Flask, people: People) -> None:
    arrive(b'{"object":"permissions","entry":[{"id":"0","changes":[{"field":"pages_messaging","value":{}}]}]}')
    (kept,) = deliveries()
    assert (kept.problem, kept.handled_at is not None) == ("", True)


def test_handling_leaves_nothing_open(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    arrive(dm())
    db.assert_left()
    assert conversations()[0].channel.external_id == ACCOUNT
