"""The diagnosis page and the live test, as people see them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People, make_channel
from tests.rooms.channels.story import Story
from tests.rooms.webhooks.stored import deliveries, handle_due, store
from tests.rooms.webhooks.wire import CUSTOMER, delivery, entry, event, signature
from webapp.accounts.models import Person
from webapp.channels.models import Channel, SignatureFailure
from webapp.core import clock, db
from webapp.diagnosis import queries
from webapp.diagnosis.models import Diagnosis

PAGE = "102938475610293"
HTMX = {"HX-Request": "true"}


def address(channel: Channel, rest: str = "") -> str:
    return f"/w/aurora/channels/{channel.id}/{rest or 'diagnosis'}"


def deliver(channel: Channel, form: str = "messaging", mid: str = "mid-1") -> None:
    """A DM that Meta delivers now, and that is handled."""
    at = int(clock.now().timestamp() * 1000)
    told = event(message={"mid": mid, "text": "hello"}) | {"recipient": {"id": channel.external_id}, "timestamp": at}
    store(delivery(entry(told, account=channel.external_id, form=form)))
    handle_due()


def test_the_page_says_what_it_would_look_at_before_anything_was_asked(story: Story, connected: Channel) -> None:
    page = story.client.get(address(connected)).text
    assert "Nothing was looked at yet" in page
    assert "Default application (formerly primary receiver)" in page
    assert db.session().scalars(select(Diagnosis)).all() == []


def test_without_scripts_one_press_answers_with_all_results(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="message_access_off", page=PAGE, on=True)
    answer = story.client.post(address(connected), follow_redirects=True)
    assert "“Allow access to messages” is switched off" in answer.text
    assert "This is certain" in answer.text
    assert "Needs attention" in answer.text
    assert "Connected tools (formerly Privacy › Messages)" in answer.text
    assert "code 200/2534041" in answer.text
    assert answer.text.count("Evidence") == 11


def test_nobody_is_told_to_act_on_what_was_found_before_the_state_changed(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    press = f'action="/w/aurora/channels/{connected.id}/authorization"'
    assert press in story.client.post(address(connected), follow_redirects=True).text
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=False)
    story.client.post(address(connected, "check"))
    page = story.client.get(address(connected)).text
    assert "The state has changed since the last diagnosis" in page
    assert press not in page


def test_with_scripts_each_answer_holds_one_result_more_and_asks_for_the_next(story: Story, connected: Channel) -> None:
    page = story.client.post(address(connected), headers=HTMX).text
    for done in range(11):
        assert page.count("Evidence") == done
        assert 'hx-trigger="load"' in page
        page = story.client.post(address(connected, "diagnosis/checks"), headers=HTMX).text
    assert page.count("Evidence") == 11
    assert 'hx-trigger="load"' not in page
    assert "Everything that can be looked at works" in page


def test_nothing_secret_stands_on_the_page_or_in_the_row(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    page = story.client.post(address(connected), follow_redirects=True).text
    stored = repr([one.results for one in db.session().scalars(select(Diagnosis))])
    assert stored != "[]"
    for secret in story.sandbox.secrets():
        assert secret not in page + stored


def test_a_lost_channel_offers_to_reauthorise_and_its_row_says_the_same(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "The Facebook password was changed" in page
    assert f'action="/w/aurora/channels/{connected.id}/authorization"' in page
    assert "Connection lost" in story.client.get("/w/aurora/social-channels").text


def test_a_missing_subscription_is_repaired_on_the_spot_and_said(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="subscription_removed", page=PAGE, on=True)
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "The subscription was missing; we repaired it just now" in page
    state = next(one for one in story.sandbox.look("state")["pages"] if one["id"] == PAGE)
    assert state["subscription"]


def test_the_second_diagnosis_is_compared_with_the_first(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="message_access_off", page=PAGE, on=True)
    story.client.post(address(connected))
    story.sandbox.control("causes", cause="message_access_off", page=PAGE, on=False)
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "better than last time" in page
    assert "worse than last time" not in page
    assert "· Alice" in page


def test_deliveries_for_listeners_only_show_that_another_app_answers(story: Story, connected: Channel) -> None:
    deliver(connected, form="standby")
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "Messages come to us only to listen; another app answers" in page
    assert "That app receives the conversations, and we may not answer them" in page
    assert "Default application (formerly primary receiver)" in page
    assert "Conversation routing › Default application (formerly" in page
    deliver(connected, mid="mid-2")
    assert "only to listen" not in story.client.post(address(connected), follow_redirects=True).text


def connected_long_ago(channel: Channel) -> None:
    with db.transaction() as session:
        session.get_one(Channel, channel.id).connected_at = channel.connected_at - timedelta(days=30)


def test_a_message_that_never_reached_us_is_named(story: Story, connected: Channel) -> None:
    connected_long_ago(connected)
    story.sandbox.control("clock", advance=-120)
    story.sandbox.control("dm", account="@morninglight.coffee", customer="Kevin Wu", text="hello?")
    story.sandbox.control("clock", advance=120)
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "that never reached us" in page
    assert "hello?" not in page


def test_a_message_of_this_very_moment_may_still_be_on_its_way(story: Story, connected: Channel) -> None:
    connected_long_ago(connected)
    story.sandbox.control("dm", account="@morninglight.coffee", customer="Kevin Wu", text="hello?")
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "may still be on its way" in page
    assert "that never reached us" not in page


def test_another_app_that_holds_the_newest_conversation_is_certain(story: Story, connected: Channel) -> None:
    deliver(connected)
    story.sandbox.control("causes", cause="other_app_default", page=PAGE, on=True)
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "Another app receives the messages" in page
    assert "This is certain" in page


def test_conversations_of_another_app_are_taken_over_where_meta_allows(story: Story, connected: Channel) -> None:
    assert "nothing to take over" in story.client.post(address(connected, "takeover"), follow_redirects=True).text
    deliver(connected)
    story.sandbox.control("causes", cause="other_app_default", page=PAGE, on=True)
    page = story.client.post(address(connected), follow_redirects=True).text
    assert f'action="{address(connected, "takeover")}"' in page
    held = story.client.post(address(connected, "takeover"), follow_redirects=True).text
    assert "Meta does not let us take over" in held
    story.sandbox.control("clock", advance=25 * 3600)
    idle = story.client.post(address(connected, "takeover"), follow_redirects=True).text
    assert "We took over 1 conversation; you can answer it now" in idle
    assert "held by our app" in story.client.post(address(connected), follow_redirects=True).text


def test_where_nothing_is_routed_no_takeover_is_offered(story: Story, connected: Channel) -> None:
    deliver(connected, form="standby")
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "only to listen" in page
    assert "/takeover" not in page


def test_a_wrong_signature_is_remembered_once_a_minute(app: Flask, story: Story, connected: Channel) -> None:
    body = b'{"object":"instagram","entry":[]}'
    for _ in range(3):
        wrong = story.client.post("/webhooks/meta", data=body, headers={"X-Hub-Signature-256": signature(body, "x")})
        assert wrong.status_code == 403
    db.leave()
    assert len(db.session().scalars(select(SignatureFailure)).all()) == 1
    page = story.client.post(address(connected), follow_redirects=True).text
    assert "A delivery with a wrong signature was refused" in page
    deliver(connected)
    assert "wrong signature" not in story.client.post(address(connected), follow_redirects=True).text


def test_a_live_test_ticks_when_the_message_arrives(story: Story, connected: Channel) -> None:
    begun = story.client.post(address(connected, "live-test"), headers=HTMX).text
    assert "Send a DM to @morninglight.coffee now" in begun
    look = address(connected, "live-test/observations")
    assert story.client.post(look, headers=HTMX).status_code == 204
    deliver(connected)
    deliver(connected, mid="of somebody else")
    page = story.client.post(look, headers=HTMX).text
    assert "It arrived after 0." in page
    assert f"Delivery {deliveries()[0].id}," in page
    assert "data-poll" not in page


def test_a_live_test_names_the_webhook_and_fetches_the_message(story: Story, connected: Channel) -> None:
    connected_long_ago(connected)
    story.client.post(address(connected, "live-test"))
    story.sandbox.control("dm", account="@morninglight.coffee", customer="Kevin Wu", text="lost on the way")
    page = story.client.post(
        address(connected, "live-test/observations"), data={"ask": "1"}, follow_redirects=True
    ).text
    assert "the webhook is the broken part" in page
    assert re.search(r"We fetched \d+ message", page)
    assert "lost on the way" in story.client.get("/w/aurora/conversations").text


def test_a_live_test_without_any_message_says_so(story: Story, connected: Channel) -> None:
    story.client.post(address(connected, "live-test"))
    look = address(connected, "live-test/observations")
    page = story.client.post(look, data={"ask": "1"}, follow_redirects=True).text
    assert "Meta shows none either" in page
    assert "message requests" in page


def test_a_live_test_says_when_meta_cannot_be_asked(story: Story, connected: Channel) -> None:
    story.client.post(address(connected, "live-test"))
    story.sandbox.control("causes", cause="outage", on=True)
    look = address(connected, "live-test/observations")
    assert "Meta did not answer" in story.client.post(look, data={"ask": "1"}, follow_redirects=True).text


@pytest.mark.parametrize(
    "rest", ["diagnosis", "diagnosis/checks", "live-test", "live-test/observations", "takeover", "snooze"]
)
def test_an_agent_is_told_whom_to_ask(
    app: Flask,
    client: FlaskClient,
    people: People,
    sign_in: Callable[[FlaskClient, Person], FlaskClient],
    rest: str,
) -> None:
    with app.app_context():
        channel = make_channel(people.aurora, people.alice)
    answer = sign_in(client, people.bob).post(address(channel, rest))
    assert answer.status_code == 403
    assert "Ask Alice" in answer.text


def test_a_disconnected_account_is_not_asked_about(story: Story, connected: Channel) -> None:
    story.client.post(address(connected, "disconnection"))
    assert "Connect it again first" in story.client.post(address(connected), follow_redirects=True).text
    assert queries.latest(connected) == []


def test_the_way_there_is_in_the_row_and_on_the_channels_page(story: Story, connected: Channel) -> None:
    for path in ("/w/aurora/social-channels", address(connected, "").removesuffix("/diagnosis")):
        assert f'href="{address(connected)}"' in story.client.get(path).text


def test_the_customers_own_id_is_not_in_the_report(story: Story, connected: Channel) -> None:
    deliver(connected)
    page = story.client.post(address(connected), follow_redirects=True).text
    report = page.split("<pre")[1].split("</pre>")[0]
    assert "[Works] Authorisation" in report
    assert CUSTOMER not in report
