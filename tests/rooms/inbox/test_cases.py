"""Taking, closing, reopening."""

import pytest

from tests.people import People
from tests.rooms.inbox.happenings import log, talk, write
from webapp.channels.models import Channel
from webapp.core import clock
from webapp.inbox import actions


def test_taking_makes_a_conversation_mine_and_says_so_in_its_log(channel: Channel, people: People) -> None:
    write(channel)
    for _ in range(2):
        actions.take(talk().id, people.bob, may_take_over=False, now=clock.now())
    assert (talk().state, talk().assignee_id) == ("in_progress", people.bob.id)
    assert log() == [("taken", people.bob.id)]


def test_what_a_colleague_took_only_a_supervisor_takes_over(channel: Channel, people: People) -> None:
    write(channel)
    actions.take(talk().id, people.bob, may_take_over=False, now=clock.now())
    with pytest.raises(actions.AlreadyTaken) as refusal:
        actions.take(talk().id, people.mark, may_take_over=False, now=clock.now())
    assert refusal.value.name == "Bob"
    actions.take(talk().id, people.carol, may_take_over=True, now=clock.now())
    assert talk().assignee_id == people.carol.id


def test_closing_and_reopening_each_write_one_line(channel: Channel, people: People) -> None:
    write(channel)
    for _ in range(2):
        actions.close(talk().id, people.bob, now=clock.now())
    assert (talk().state, talk().assignee_id) == ("closed", people.bob.id)
    for _ in range(2):
        actions.reopen(talk().id, people.alice, now=clock.now())
    assert (talk().state, talk().assignee_id) == ("open", None)
    assert log() == [("closed", people.bob.id), ("reopened", people.alice.id)]


def test_reading_is_a_change_once(channel: Channel) -> None:
    write(channel)
    actions.mark_read(talk().id)
    revision = talk().revision
    actions.mark_read(talk().id)
    assert (talk().unread, talk().revision) == (0, revision)
