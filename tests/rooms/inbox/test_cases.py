"""Taking, closing, reopening."""

import json

import pytest
from sqlalchemy import update

from tests.people import People
from tests.rooms.inbox.happenings import happen, log, minutes_ago, talk, talks, write
from tests.rooms.inbox.screens import HTMX, Browser, here
from webapp.accounts.models import Membership
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions, jobs
from webapp.inbox.events import MessageEvent


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


def test_what_one_did_oneself_is_said_to_those_who_listen_and_lies_on_nothing(
    channel: Channel, people: People, browser: Browser
) -> None:
    write(channel)
    answer = browser(people.bob).post(here("/closure"), headers=HTMX)
    assert json.loads(answer.headers["HX-Trigger"]) == {"says": {"text": "Bob closed this conversation"}}


def test_reading_is_a_change_once(channel: Channel) -> None:
    write(channel)
    actions.mark_read(talk().id)
    revision = talk().revision
    actions.mark_read(talk().id)
    assert (talk().unread, talk().revision) == (0, revision)


def test_a_transfer_is_the_receivers_at_once_and_new_to_them(
    channel: Channel, people: People, browser: Browser
) -> None:
    write(channel)
    bob = browser(people.bob)
    bob.get(here())
    assert talk().unread == 0
    answer = bob.post(here("/transfer?state=open"), data={"to": people.carol.id, "was_with": ""}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/w/aurora/conversations?state=open"
    browser(people.alice).get(here())
    carol = browser(people.carol)
    mine = carol.get("/w/aurora/conversations?state=mine").text
    assert "hello" in mine
    assert "1 unread message" in mine
    assert "Bob transferred this conversation to Carol" in carol.get(here()).text
    assert talk().unread == 0
    assert "hello" in browser(people.alice).get("/w/aurora/conversations?state=team").text


def test_a_transfer_goes_only_to_whoever_may_see_conversations(
    channel: Channel, people: People, browser: Browser
) -> None:
    write(channel)
    bob = browser(people.bob)
    menu = bob.get(here()).text
    assert ("Alice" in menu, ">Mark<" in menu) == (True, False)
    for stranger in (people.mark, people.dave, people.bob):
        assert bob.post(here("/transfer"), data={"to": stranger.id}).status_code == 404
    assert (talk().state, log()) == ("open", [])


def test_two_people_who_transfer_at_once_do_not_undo_each_other(
    channel: Channel, people: People, browser: Browser
) -> None:
    write(channel)
    browser(people.alice).post(here("/transfer"), data={"to": people.bob.id, "was_with": ""})
    late = browser(people.carol).post(here("/transfer"), data={"to": people.alice.id, "was_with": ""})
    assert (late.status_code, "Bob" in late.text) == (409, True)
    assert talk().assignee_id == people.bob.id
    browser(people.alice).post(here("/transfer"), data={"to": people.bob.id, "was_with": people.bob.id})
    assert log() == [("transferred", people.alice.id)]


@pytest.mark.parametrize("change", [{"disabled_at": clock.now()}, {"role": "marketer"}])
def test_what_somebody_had_who_may_not_answer_any_more_is_open_for_everybody(
    channel: Channel, people: People, browser: Browser, change: dict[str, object]
) -> None:
    write(channel)
    actions.take(talk().id, people.bob, may_take_over=False, now=clock.now())
    jobs.reopen_left()
    assert talk().state == "in_progress"
    with db.transaction() as session:
        session.execute(update(Membership).where(Membership.person_id == people.bob.id).values(**change))
    jobs.reopen_left()
    assert (talk().state, talk().assignee_id) == ("open", None)
    assert "Bob no longer answers conversations here" in browser(people.alice).get(here()).text
    jobs.reopen_left()
    assert log() == [("taken", people.bob.id), ("left", None)]


def test_taking_over_names_from_whom(channel: Channel, people: People, browser: Browser) -> None:
    write(channel)
    actions.take(talk().id, people.bob, may_take_over=False, now=clock.now())
    answer = browser(people.carol).post(here("/assignment"), headers=HTMX)
    assert "Carol took this conversation over from Bob" in answer.text


def test_who_waits_longest_comes_first_until_somebody_answers(
    channel: Channel, people: People, browser: Browser
) -> None:
    for number, minutes in enumerate((9, 30, 20)):
        write(channel, f"word {number}", contact_id=str(number), at=minutes_ago(minutes))
    write(channel, "again", contact_id="1", at=minutes_ago(1))
    happen(channel, MessageEvent("2", minutes_ago(3), "echo", is_echo=True, text="answered"))
    waiting = browser(people.alice).get("/w/aurora/conversations?order=waiting").text
    assert waiting.index("again") < waiting.index("word 0")
    assert "answered" not in waiting
    actions.close(talks()[0].id, people.bob, now=clock.now())
    assert "word 0" not in browser(people.alice).get("/w/aurora/conversations?order=waiting").text
