"""What somebody took back is kept nowhere: not in the stored deliveries either, and a replay brings nothing back."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.people import People, make_channel
from tests.rooms.webhooks.stored import conversations, deliveries, handle_due, messages, store
from tests.rooms.webhooks.wire import ACCOUNT, delivery, dm, echo, entry, event
from webapp.core import clock
from webapp.webhooks import replay
from webapp.webhooks.replay import Wanted
from webapp.webhooks.rules import read, without_words

UNSENT = delivery(entry(event(message={"mid": "mid-1", "is_deleted": True})))
EDITED = delivery(entry(event(message_edit={"mid": "mid-1", "text": "secret too", "num_edit": 1})))
AGAIN = delivery(entry(event(message={"mid": "mid-1", "text": "secret"}), event(message={"mid": "b", "text": "dull"})))


def kept() -> str:
    return " ".join(one.body.decode() for one in deliveries())


@pytest.mark.parametrize(
    "course",
    [
        (dm("secret"), EDITED, AGAIN, UNSENT),
        (AGAIN, UNSENT, EDITED, dm("secret")),
        (UNSENT, EDITED, dm("secret"), AGAIN),
        (EDITED, UNSENT, AGAIN, dm("secret")),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_words_that_were_taken_back_leave_every_delivery(
    house: Flask, people: People, course: tuple[bytes, ...], together: bool
) -> None:
    make_channel(people.aurora, people.alice)
    for body in course:
        store(body)
        if not together:
            handle_due()
    handle_due()
    assert "secret" not in kept()
    assert "dull" in kept()
    before = [(one.text, one.deleted_at) for one in messages()]
    assert sorted(text for text, _at in before) == ["", "dull"]

    lines = replay.replay(Wanted([one.id for one in deliveries()]), now=clock.now())
    assert {(line.problem, line.handled_at is not None) for line in lines} == {("", True)}
    assert [(one.text, one.deleted_at) for one in messages()] == before
    assert [one.unread for one in conversations()] == [2]


def test_what_was_written_in_the_app_and_taken_back_there_is_gone_too(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    store(delivery(entry(echo(mid="e", text="secret"))))
    handle_due()
    store(delivery(entry(echo(mid="e", is_deleted=True))))
    handle_due()
    assert "secret" not in kept()


def test_the_same_bytes_brought_once_more_are_still_the_same(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice)
    for body in (dm("secret"), UNSENT, dm("secret")):
        store(body)
        handle_due()
    assert len(deliveries()) == 2
    assert "secret" not in kept()


@pytest.mark.parametrize("form", ["messaging", "standby", "changes"])
def test_a_delivery_loses_those_words_and_nothing_else(form: str) -> None:
    told: list[Any] = [
        event(message={"mid": "a", "text": "secret", "attachments": [{"type": "image"}], "reply_to": {"mid": "z"}}),
        event(message={"mid": "b", "text": "stays \ud83d"}),
        event(reaction={"mid": "a", "emoji": "❤️"}),
    ]
    items = [{"field": "messages", "value": one} for one in told] if form == "changes" else told
    body = json.dumps({"object": "page", "entry": [{"id": ACCOUNT, form: items}, 7], "more": 1}).encode()
    left = without_words(body, {"a"})
    assert b"secret" not in left
    now = clock.now()
    assert [one.mid for one in read(left, now).entries[0].events] == ["a", "b", "a"]  # type: ignore[union-attr]
    assert read(left, now).entries[0].events[1:] == read(body, now).entries[0].events[1:]
