"""Whatever order, repetition and portions Meta's events come in: the same thread."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.examples import examples
from tests.people import NOON, People
from tests.rooms.inbox.happenings import CUSTOMER, happen, line, lines, minutes_ago, talk, talks, write
from webapp import retention
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox.actions import plain, receive_all
from webapp.inbox.actions.ledger import Happening
from webapp.inbox.events import (
    DeletedEvent,
    DeliveredEvent,
    EditedEvent,
    Event,
    MessageEvent,
    ReactionEvent,
    ReadEvent,
)
from webapp.inbox.models import Conversation, EarlyEvent, Message

numbers = itertools.count(1)
MIDS = ("a", "b", "c", "d")


def at(second: int) -> Any:
    return NOON + timedelta(seconds=second)


MESSAGES = [
    MessageEvent("", at(10 * number), mid, is_echo=mid in "bd", text=f"words of {mid}")
    for number, mid in enumerate(MIDS, start=1)
]
# Things are said about messages at moments of their own, also about one that never comes.
WHEN = st.integers(1, 90).map(lambda second: at(100 + second))
WHICH = st.sampled_from((*MIDS, "never"))
REMARKS = st.lists(
    st.one_of(
        st.builds(ReactionEvent, st.just(""), WHEN, WHICH, st.sampled_from(("❤️", "😀", ""))),
        st.builds(EditedEvent, st.just(""), WHEN, WHICH, st.sampled_from(("new", "newer")), st.integers(0, 2)),
        st.builds(ReadEvent, st.just(""), WHEN, WHICH | st.none()),
        st.builds(DeliveredEvent, st.just(""), WHEN),
    ),
    max_size=8,
)
UNSENT = st.lists(st.builds(DeletedEvent, st.just(""), st.just(at(150)), WHICH), max_size=2)


@dataclass(frozen=True)
class Course:
    """The same events as Meta may bring them: any order, some twice, in portions of so many."""

    events: Sequence[Event]
    as_they_come: Sequence[Event]
    portion: int


@st.composite
def courses(draw: st.DrawFn) -> Course:
    events = [*MESSAGES, *draw(REMARKS), *draw(UNSENT)]
    again = draw(st.lists(st.sampled_from(events), max_size=4))
    return Course(events, draw(st.permutations([*events, *again])), draw(st.integers(1, 6)))


def bring(channel: Channel, events: Sequence[Event], portion: int) -> dict[str, Any]:
    """To a customer whom nobody knew; what is true afterwards."""
    contact = f"customer {next(numbers)}"
    for start in range(0, len(events), portion):
        with db.transaction() as session:
            held = session.get_one(Channel, channel.id, populate_existing=True)
            told = [Happening(held, _of(contact, event)) for event in events[start : start + portion]]
            receive_all(session, told, now=clock.now())
    return _truth(contact)


def _of(contact: str, event: Event) -> Event:
    mid = getattr(event, "mid", None)
    return replace(event, contact_id=contact, **({"mid": f"{contact} {mid}"} if mid else {}))


def _truth(contact: str) -> dict[str, Any]:
    db.session().expire_all()
    found = db.session().scalars(select(Conversation).where(Conversation.contact.has(external_id=contact))).one()
    told = db.session().scalars(select(Message).where(Message.conversation_id == found.id).order_by(Message.at))
    thread = [
        (one.text, one.direction, one.at, one.reaction, one.edited_at, one.edit_number, one.deleted_at, one.kind)
        for one in told
    ]
    early = db.session().scalars(select(EarlyEvent).where(EarlyEvent.contact_external_id == contact))
    waiting = sorted((one.mid.rsplit(" ", 1)[-1], one.kind, one.at, one.text, one.number) for one in early)
    names = ("unread", "latest_text", "latest_kind", "latest_is_ours", "latest_at", "last_inbound_at")
    names += ("waiting_since", "read_until", "delivered_until", "state")
    return {"thread": thread, "waiting": waiting, "since": found.contact.first_at} | {
        name: getattr(found, name) for name in names
    }


@examples(8, thorough=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(course=courses())
def test_any_order_any_repetition_and_any_portions_end_in_the_same_thread(channel: Channel, course: Course) -> None:
    assert bring(channel, course.as_they_come, course.portion) == bring(channel, course.events, 100)


@examples(6, thorough=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(course=courses())
def test_what_is_written_past_the_unit_of_work_ends_as_with_it(channel: Channel, course: Course) -> None:
    with pytest.MonkeyPatch.context() as slow:
        slow.setattr(plain, "receive", lambda _session, happenings, **_rest: list(happenings))
        expected = bring(channel, course.as_they_come, course.portion)
    assert bring(channel, course.as_they_come, course.portion) == expected


def test_a_reaction_before_its_message_is_shown_with_it(channel: Channel) -> None:
    happen(channel, ReactionEvent(CUSTOMER, minutes_ago(1), "mid of hello", "❤️"))
    assert talks() == []
    write(channel)
    assert lines()[0].reaction == "❤️"


def test_an_edit_before_its_message_is_what_the_list_shows(channel: Channel) -> None:
    happen(channel, EditedEvent(CUSTOMER, minutes_ago(0), "mid of hello", "goodbye", 1))
    write(channel)
    assert (lines()[0].text, talk().latest_text) == ("goodbye", "goodbye")


def test_of_two_edits_before_their_message_the_later_counts_whichever_came_first(channel: Channel) -> None:
    for number, words in ((2, "goodbye"), (1, "hello there")):
        happen(channel, EditedEvent(CUSTOMER, minutes_ago(0), "mid of hello", words, number))
    write(channel)
    assert lines()[0].text == "goodbye"


def test_an_unsend_before_its_message_still_opens_the_reply_window(channel: Channel) -> None:
    happen(channel, DeletedEvent(CUSTOMER, minutes_ago(0), "mid of secret"))
    write(channel, "secret")
    assert (talk().unread, talk().latest_kind, lines()[0].text) == (1, "deleted", "")
    assert talk().last_inbound_at == lines()[0].at


def test_of_what_was_taken_back_before_it_came_no_words_are_kept(channel: Channel) -> None:
    happen(channel, EditedEvent(CUSTOMER, minutes_ago(1), "m", "secret"), DeletedEvent(CUSTOMER, minutes_ago(0), "m"))
    happen(channel, EditedEvent(CUSTOMER, minutes_ago(1), "m", "another secret"))
    kept = db.session().scalars(select(EarlyEvent)).all()
    assert [(one.kind, one.text) for one in kept] == [("deleted", "")]


def test_a_receipt_alone_makes_no_conversation(channel: Channel) -> None:
    happen(channel, ReadEvent(CUSTOMER, minutes_ago(1)), DeliveredEvent(CUSTOMER, minutes_ago(1)))
    assert talks() == []
    write(channel)
    assert talk().read_until is not None


def test_a_late_echo_answers_only_what_came_before_it(channel: Channel) -> None:
    write(channel, "first", at=minutes_ago(9))
    write(channel, "second", at=minutes_ago(1))
    happen(channel, MessageEvent(CUSTOMER, minutes_ago(5), "echo", is_echo=True, text="yes"))
    assert talk().waiting_since == line("second").at


def test_what_waits_in_vain_is_forgotten(channel: Channel) -> None:
    happen(channel, ReactionEvent(CUSTOMER, minutes_ago(1), "before our time", "❤️"))
    retention.purge(now=clock.now() + timedelta(days=6))
    assert len(db.session().scalars(select(EarlyEvent)).all()) == 1
    retention.purge(now=clock.now() + timedelta(days=8))
    assert db.session().scalars(select(EarlyEvent)).all() == []


@pytest.mark.parametrize("portion", [1, 3, 500])
def test_many_events_of_many_customers_keep_apart(channel: Channel, people: People, portion: int) -> None:
    told = [MessageEvent(f"c{number % 7}", at(number), f"m{number}", text=f"{number}") for number in range(30)]
    for start in range(0, len(told), portion):
        happen(channel, *told[start : start + portion])
    assert sorted(one.unread for one in talks()) == [4, 4, 4, 4, 4, 5, 5]
    assert [one.text for one in lines()] == [str(number) for number in range(30)]
