"""One failing conversation is about its customer; many are about the channel. And every refusal has its words."""

from datetime import timedelta

import pytest
from flask import Flask, current_app, get_template_attribute
from flask.testing import FlaskClient
from flask_babel import force_locale

from tests.people import People
from tests.rooms.inbox.happenings import CUSTOMER, minutes_ago, talks, write
from tests.rooms.inbox.screens import HTMX, change, here, poll_of
from tests.running import Sandbox
from webapp.channels.models import Channel
from webapp.core import clock, db
from webapp.inbox import actions, jobs
from webapp.inbox.models import Contact
from webapp.inbox.rules import MANY, PROFILE_LIFE, problem_of
from webapp.meta.errors import GraphError

CUSTOMERS = ("5614879045272581", "5614879045272599", "5614879045272613")


class Desk:
    def __init__(self, channel: Channel, people: People, sandbox: Sandbox) -> None:
        self.channel, self.people, self.sandbox = channel, people, sandbox

    def blocked_by(self, customer: str) -> None:
        conversation = write(self.channel, f"from {customer}", contact_id=customer, at=minutes_ago(5))
        self.sandbox.control("causes", cause="customer_blocked", on=True, customer=customer)
        reply = actions.reply(conversation.id, self.people.alice, "sure", "", now=clock.now())
        actions.send(reply.id, meta=current_app.extensions["meta"], now=clock.now())

    def checked_at(self) -> object:
        db.leave()
        return db.session().get_one(Channel, self.channel.id, populate_existing=True).checked_at


@pytest.fixture
def desk(connected: Channel, people: People, sandbox: Sandbox) -> Desk:
    change(connected, checked_at=clock.now() - timedelta(minutes=20))
    return Desk(connected, people, sandbox)


def test_one_failing_conversation_says_that_it_is_the_only_one(desk: Desk, client: FlaskClient) -> None:
    before = desk.checked_at()
    desk.blocked_by(CUSTOMER)
    page = client.get(here()).text
    assert "Only this conversation is affected" in page
    assert "(551/1545041)" in page
    assert desk.checked_at() == before


def test_many_failing_conversations_have_their_channel_checked_at_once_and_say_so(
    desk: Desk, client: FlaskClient
) -> None:
    before = desk.checked_at()
    for customer in CUSTOMERS[: MANY - 1]:
        desk.blocked_by(customer)
    assert desk.checked_at() == before
    open_page = client.get(f"/w/aurora/conversations/{talks()[0].id}").text
    poll = poll_of(open_page, f"thread-{talks()[0].id}")
    assert client.get(poll, headers=HTMX).status_code == 204
    desk.blocked_by(CUSTOMERS[MANY - 1])
    assert desk.checked_at() != before
    assert "Replies fail in several conversations" in client.get(poll, headers=HTMX).text
    page = client.get(f"/w/aurora/conversations/{talks()[0].id}").text
    assert "Replies fail in several conversations" in page
    assert "3 customers" in page


def test_many_failing_conversations_reveal_a_broken_channel(desk: Desk) -> None:
    for customer in CUSTOMERS[:2]:
        desk.blocked_by(customer)
    desk.sandbox.control("causes", cause="message_access_off", on=True, page=desk.channel.page_id)
    desk.blocked_by(CUSTOMERS[2])
    db.leave()
    found = db.session().get_one(Channel, desk.channel.id, populate_existing=True)
    assert (found.status, found.cause) == ("attention", "access_off")


REFUSALS = [
    (10, 2534022, "time to reply is over"),
    (10, 2018278, "time to reply is over"),
    (10, 2018065, "time to reply is over"),
    (10, 2018108, "cannot be reached"),
    (551, 1545041, "cannot be reached"),
    (200, 1545041, "cannot be reached"),
    (551, None, "cannot be reached"),
    (10, 2018300, "another app"),
    (2018300, None, "another app"),
    (100, 2534037, "another app"),
    (10, 2018321, "automatic answers"),
    (100, 2018001, "does not know this customer"),
    (100, 2534014, "does not know this customer"),
    (100, 2534013, "Instagram"),
    (200, 2534041, "messages"),
    (10, 2534077, "wo-factor"),
    (100, 2534029, "restricts this account"),
    (10, 1893063, "restricts this account"),
    (368, None, "restricts this account"),
    (100, 2534015, "does not accept"),
    (100, 2534025, "does not accept"),
    (100, None, "does not accept"),
    (200, 2018028, "fault on our side"),
    (100, 2018008, "could not take the file"),
    (100, 2018047, "could not take the file"),
    (100, 2018109, "too large"),
    (100, 2018294, "film"),
    (190, 460, "connection is lost"),
    (200, None, "connection is lost"),
    (613, 2534040, "too many messages"),
    (4, None, "too many messages"),
    (80006, None, "too many messages"),
    (2, None, "not answering properly"),
    (9000001, None, "deleted"),
]


def test_every_refusal_of_a_send_has_its_words_in_both_languages(app: Flask) -> None:
    wrong = []
    with app.test_request_context():
        macro = get_template_attribute("inbox/words.html", "problem_words")
        for code, subcode, words in REFUSALS:
            problem = problem_of(GraphError(code=code, subcode=subcode))
            with force_locale("en"):
                english = macro(problem)
            with force_locale("zh_Hant_TW"):
                chinese = macro(problem)
            if words not in english or not chinese.startswith("未送出"):
                wrong.append((code, subcode, str(english), str(chinese)))
    assert wrong == []


def test_an_old_picture_is_asked_for_anew_when_somebody_looks(desk: Desk, client: FlaskClient) -> None:
    write(desk.channel)
    jobs.fetch_profiles_due()
    _age_profile()
    client.get(here())
    assert _contact().profile_due_at is not None
    jobs.fetch_profiles_due()
    found = _contact()
    assert found.profile_due_at is None
    assert found.profile_at is not None
    assert found.profile_at > clock.now() - timedelta(minutes=1)


def test_a_customer_who_hides_keeps_the_name_and_loses_the_picture(desk: Desk, client: FlaskClient) -> None:
    write(desk.channel)
    jobs.fetch_profiles_due()
    _age_profile()
    desk.sandbox.control("causes", cause="customer_blocked", on=True, customer=CUSTOMER)
    client.get(here())
    jobs.fetch_profiles_due()
    assert (_contact().name, _contact().picture_url) == ("張雅婷", "")


def _contact() -> Contact:
    db.leave()
    return db.session().query(Contact).populate_existing().one()


def _age_profile() -> None:
    with db.transaction():
        contact = db.session().query(Contact).populate_existing().one()
        contact.profile_at = clock.now() - PROFILE_LIFE - timedelta(hours=1)
