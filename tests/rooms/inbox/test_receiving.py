"""What customers do, written down once, in whatever order we hear of it."""

from datetime import timedelta

import pytest

from tests.people import People
from tests.rooms.inbox.happenings import CUSTOMER, happen, line, lines, log, minutes_ago, talk, write
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions
from webapp.inbox.events import (
    Attachment,
    DeletedEvent,
    DeliveredEvent,
    EditedEvent,
    MessageEvent,
    ReactionEvent,
    ReadEvent,
)
from webapp.inbox.models import Message, SendStatus


def echo(text: str, mid: str = "echo", minutes: float = 0) -> MessageEvent:
    return MessageEvent(CUSTOMER, minutes_ago(minutes), mid, is_echo=True, text=text)


def replied(people: People, text: str = "sure", status: SendStatus = SendStatus.SENDING) -> Message:
    """A reply of Alice's that Meta may have got."""
    message = actions.reply(talk().id, people.alice, text, "key " + text, now=clock.now())
    with db.transaction() as session:
        found = session.get_one(Message, message.id, populate_existing=True)
        found.send_status, found.tries = status, 1
    return message


def test_a_first_message_makes_a_contact_and_an_open_conversation(channel: Channel) -> None:
    found = write(channel, "你好", attachments=(Attachment("image", "https://cdn.example/x"),), kind="image")
    assert (found.state, found.unread, found.latest_text, found.latest_kind) == ("open", 1, "你好", "image")
    assert (found.contact.external_id, found.contact.label) == (CUSTOMER, "#272581")
    assert found.contact.profile_due_at is not None
    assert lines()[0].attachments == [{"kind": "image", "url": "https://cdn.example/x", "title": ""}]


def test_a_new_message_reopens_a_closed_conversation_for_everybody(channel: Channel, people: People) -> None:
    write(channel)
    actions.close(talk().id, people.bob, now=clock.now())
    write(channel, "again")
    assert (talk().state, talk().assignee_id) == ("open", None)
    assert log() == [("closed", people.bob.id), ("reopened", None)]


def test_every_visible_change_has_a_revision_of_its_own(channel: Channel) -> None:
    write(channel)
    for event in (
        EditedEvent(CUSTOMER, clock.now(), "mid of hello", "hello there"),
        ReactionEvent(CUSTOMER, clock.now(), "mid of hello", "❤️"),
        DeliveredEvent(CUSTOMER, clock.now()),
        ReadEvent(CUSTOMER, clock.now()),
        DeletedEvent(CUSTOMER, clock.now(), "mid of hello"),
    ):
        before = talk().revision
        happen(channel, event)
        assert talk().revision > before, event


def test_the_same_message_again_changes_nothing(channel: Channel) -> None:
    write(channel)
    before = talk().revision
    write(channel)
    assert (talk().revision, talk().unread, len(lines())) == (before, 1, 1)


def test_an_edit_shows_the_new_words_in_thread_and_list(channel: Channel) -> None:
    write(channel)
    happen(channel, EditedEvent(CUSTOMER, clock.now(), "mid of hello", "goodbye"))
    assert (lines()[0].text, talk().latest_text) == ("goodbye", "goodbye")
    assert lines()[0].edited_at is not None


def test_a_reaction_can_be_taken_back(channel: Channel) -> None:
    write(channel)
    happen(channel, ReactionEvent(CUSTOMER, clock.now(), "mid of hello", "❤️"))
    assert lines()[0].reaction == "❤️"
    happen(channel, ReactionEvent(CUSTOMER, clock.now(), "mid of hello", ""))
    assert lines()[0].reaction == ""


def test_nothing_of_an_unsent_message_stays(channel: Channel) -> None:
    write(channel, "secret", attachments=(Attachment("image", "https://cdn.example/x"),))
    happen(channel, DeletedEvent(CUSTOMER, clock.now(), "mid of secret"))
    (message,) = lines()
    assert (message.text, message.attachments, message.deleted_at is not None) == ("", [], True)
    assert (talk().latest_text, talk().latest_kind) == ("", "deleted")


def test_an_unsend_before_its_message_wins_too(channel: Channel) -> None:
    happen(channel, DeletedEvent(CUSTOMER, minutes_ago(1), "mid of secret"))
    write(channel, "secret")
    (message,) = lines()
    assert (message.text, message.deleted_at is not None) == ("", True)


def test_an_unsend_of_an_older_message_leaves_the_newest_in_the_list(channel: Channel) -> None:
    write(channel, "old", at=minutes_ago(9))
    write(channel, "new")
    happen(channel, DeletedEvent(CUSTOMER, clock.now(), "mid of old"))
    assert talk().latest_text == "new"


def test_read_by_message_and_read_by_time_both_count(channel: Channel) -> None:
    write(channel, "one", at=minutes_ago(9))
    happen(channel, ReadEvent(CUSTOMER, clock.now(), "mid of one"))
    assert talk().read_until == line("one").at
    happen(channel, ReadEvent(CUSTOMER, minutes_ago(2)))
    assert talk().read_until > line("one").at
    happen(channel, ReadEvent(CUSTOMER, minutes_ago(5)))
    assert talk().read_until > minutes_ago(3)


@pytest.mark.parametrize("status", [SendStatus.SENDING, SendStatus.UNKNOWN, SendStatus.QUEUED, SendStatus.FAILED])
def test_the_echo_of_our_own_reply_settles_it(channel: Channel, people: People, status: SendStatus) -> None:
    write(channel)
    replied(people, status=status)
    happen(channel, echo("sure"))
    found = line("sure")
    assert (found.mid, found.send_status, found.author_id) == ("echo", "sent", people.alice.id)
    assert len(lines()) == 2


def test_two_replies_with_the_same_words_need_two_echoes(channel: Channel, people: People) -> None:
    write(channel)
    first, second = replied(people, "ok"), actions.reply(talk().id, people.bob, "ok", "other", now=clock.now())
    happen(channel, echo("ok", "echo 1"))
    assert [(one.id, one.mid) for one in lines() if one.is_ours] == [(first.id, "echo 1"), (second.id, None)]


def test_a_reply_that_was_never_tried_is_not_settled_by_somebody_elses_words(channel: Channel, people: People) -> None:
    write(channel)
    actions.reply(talk().id, people.alice, "sure", "key", now=clock.now())
    happen(channel, echo("sure"))
    assert sorted(one.send_status or "" for one in lines() if one.is_ours) == ["queued", "sent"]


def test_an_echo_of_another_day_is_not_the_reply_of_today(channel: Channel, people: People) -> None:
    write(channel)
    replied(people, status=SendStatus.UNKNOWN)
    happen(channel, echo("sure", minutes=120))
    assert len(lines()) == 3


def test_a_reply_from_the_instagram_app_has_no_author_and_is_shown(channel: Channel) -> None:
    write(channel)
    happen(channel, echo("from my phone"))
    found = line("from my phone")
    assert (found.direction, found.author_id, found.send_status) == ("out", None, "sent")
    assert (talk().latest_text, talk().latest_is_ours, talk().unread) == ("from my phone", True, 1)


def test_an_echo_does_not_open_the_reply_window(channel: Channel) -> None:
    write(channel, at=clock.now() - timedelta(hours=30))
    happen(channel, echo("from my phone"))
    assert talk().last_inbound_at < minutes_ago(60)


def test_two_customers_of_one_channel_have_a_conversation_each(channel: Channel) -> None:
    write(channel, "a")
    write(channel, "b", contact_id="77")
    assert len({one.conversation_id for one in lines()}) == 2
