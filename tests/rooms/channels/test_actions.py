"""Checking, losing, healing, reauthorising and disconnecting, against the sandbox's Graph API."""

from datetime import timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import NOON, People, english_browser, make_channel
from tests.rooms.channels.checking import check, fresh
from tests.rooms.channels.story import Story
from webapp.channels.actions import disconnect, report_refusal
from webapp.channels.models import Channel, Incident, StatusChange
from webapp.core import clock, db
from webapp.core.crypto import Secret, key_ring
from webapp.meta.errors import GraphError

MORNING_PAGE = "102938475610293"


def subscribed(story: Story) -> bool:
    page = next(one for one in story.sandbox.look("state")["pages"] if one["id"] == MORNING_PAGE)
    return bool(page["subscription"])


def incidents() -> list[Incident]:
    return list(db.session().scalars(select(Incident).execution_options(populate_existing=True)))


def test_a_healthy_channel_stays_connected(connected: Channel) -> None:
    assert check(connected).status == "connected"
    assert incidents() == []


def test_a_changed_password_loses_the_channel_once(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    for _ in range(3):
        lost = check(connected)
    assert (lost.status, lost.cause) == ("lost", "password_changed")
    assert [(one.cause, one.noticed_by, one.closed_at) for one in incidents()] == [("password_changed", "sweep", None)]
    assert incidents()[0].evidence["subcode"] == 460


@pytest.mark.parametrize(
    ("cause", "subject", "status"),
    [
        ("app_removed", {"person": "林小姐"}, "lost"),
        ("page_unticked", {"person": "林小姐", "page": MORNING_PAGE}, "lost"),
        ("role_lost", {"person": "林小姐", "page": MORNING_PAGE}, "lost"),
        ("security_check", {"person": "林小姐"}, "lost"),
        ("page_deleted", {"page": MORNING_PAGE}, "lost"),
        ("instagram_unlinked", {"page": MORNING_PAGE}, "attention"),
        ("message_access_off", {"account": "@morninglight.coffee"}, "attention"),
    ],
)
def test_each_cause_is_named(
    story: Story, connected: Channel, cause: str, subject: dict[str, str], status: str
) -> None:
    story.sandbox.control("causes", cause=cause, on=True, **subject)
    found = check(connected)
    expected = {"message_access_off": "access_off"}.get(cause, cause)
    assert (found.status, found.cause) == (status, expected)


def test_an_outage_changes_nothing(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="outage", on=True)
    found = check(connected)
    assert (found.status, incidents()) == ("connected", [])
    assert found.checked_at is not None
    assert found.verdict_at is not None
    assert found.checked_at > found.verdict_at


def test_a_lost_channel_heals_by_itself_when_the_proof_is_good(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="security_check", person="林小姐", on=True)
    check(connected)
    story.sandbox.control("causes", cause="security_check", person="林小姐", on=False)
    assert check(connected).status == "connected"
    assert [one.closed_by for one in incidents()] == ["sweep"]


def test_a_missing_subscription_is_repaired_on_the_spot(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="subscription_removed", page=MORNING_PAGE, on=True)
    assert check(connected).status == "connected"
    assert incidents() == []


def test_reauthorising_revives_the_same_channel(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    check(connected)
    answer = story.client.post(f"/w/aurora/channels/{connected.id}/authorization")
    page = story.client.get(story.land(story.in_dialog(answer.headers["Location"]))).text
    assert "Reauthorised" in page
    assert "1 account works again." in page
    revived = fresh(connected)
    assert (revived.id, revived.status, revived.cause) == (connected.id, "connected", None)
    assert [one.closed_by for one in incidents()] == ["authorization"]


def test_reauthorising_as_somebody_else_names_the_right_user_and_changes_nothing(
    story: Story, connected: Channel
) -> None:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    check(connected)
    answer = story.client.post(f"/w/aurora/channels/{connected.id}/authorization")
    page = story.client.get(story.land(story.in_dialog(answer.headers["Location"], person="陳先生"))).text
    assert "林小姐" in page
    assert "Nothing was changed" in page
    assert fresh(connected).status == "lost"


def test_a_second_facebook_user_is_refused_by_name(story: Story, connected: Channel) -> None:
    page = story.client.get(story.land(story.in_dialog(story.press_connect(), person="陳先生"))).text
    assert "Connecting the Instagram account failed" in page
    assert "林小姐" in page


def test_a_new_login_without_the_page_loses_it_at_once(story: Story, connected: Channel) -> None:
    story.land(story.in_dialog(story.press_connect(rerequest="1"), pages=["104756382910475"]))
    found = fresh(connected)
    assert (found.status, found.cause) == ("lost", "page_unticked")


def test_disconnecting_keeps_the_channel_for_its_return(people: People, story: Story, connected: Channel) -> None:
    disconnect(connected, people.alice, meta=current_app.extensions["meta"], now=clock.now())
    gone = fresh(connected)
    assert (gone.status, gone.page_token) == ("disconnected", None)
    assert not subscribed(story)
    story.connect("17841405822301001")
    assert fresh(connected).status == "connected"
    assert len(db.session().scalars(select(Channel)).all()) == 1


def test_the_page_stays_subscribed_while_its_other_channel_lives(
    people: People, story: Story, connected: Channel
) -> None:
    page = story.land(story.in_dialog(story.press_connect(platform="messenger")))
    story.choose(page, f"messenger:{MORNING_PAGE}")
    disconnect(connected, people.alice, meta=current_app.extensions["meta"], now=clock.now())
    other = db.session().scalars(select(Channel).where(Channel.platform == "messenger")).one()
    assert check(other).status == "connected"
    assert subscribed(story)


def test_an_account_is_held_by_one_workspace(
    app: Flask, people: People, story: Story, connected: Channel, client: FlaskClient
) -> None:
    browser = english_browser(app)
    browser.post("/sign-in", data={"email": people.dave.email, "password": "correct horse battery"})
    dave = Story(browser, story.sandbox)
    answer = browser.post("/w/borealis/authorizations", data={"platform": "instagram"})
    page = browser.get(dave.land(dave.in_dialog(answer.headers["Location"]))).text
    assert "Connected in another workspace" in page
    assert "Aurora" not in page


def test_a_verdict_from_before_a_reauthorisation_is_dropped(house: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice, authorized_at=NOON + timedelta(seconds=1))
    report_refusal(channel.id, GraphError(code=190, subcode=460), noticed_by="send", now=NOON)
    assert fresh(channel).status == "connected"


def test_a_refused_send_that_names_the_credentials_loses_the_channel(house: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice)
    report_refusal(channel.id, GraphError(code=190, subcode=460), noticed_by="send", now=NOON)
    assert fresh(channel).status == "lost"
    changes = db.session().scalars(select(StatusChange)).all()
    assert [(one.was, one.became, one.noticed_by) for one in changes] == [("connected", "lost", "send")]


def test_a_send_refused_for_a_missing_right_makes_the_check_come_at_once(house: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice, next_check_at=NOON + timedelta(minutes=50))
    report_refusal(channel.id, GraphError(code=200), noticed_by="send", now=NOON)
    asked = fresh(channel)
    assert (asked.status, asked.next_check_at) == ("connected", NOON)


def test_a_refused_send_about_one_customer_says_nothing_of_the_channel(house: Flask, people: People) -> None:
    channel = make_channel(people.aurora, people.alice)
    report_refusal(channel.id, GraphError(code=551, subcode=1545041), noticed_by="send", now=NOON)
    assert fresh(channel).status == "connected"


def test_a_token_that_no_key_opens_breaks_its_channel_only(house: Flask, people: People) -> None:
    sealed = make_channel(people.aurora, people.alice, page_token=Secret("x"))
    ring = house.extensions["key_ring"]
    house.extensions["key_ring"] = key_ring(["wmvZsZ2d8bV0Ff9b4yq2bYxM2sCw3mEw2H7l7CwXcUE="])
    try:
        db.session().expire_all()
        assert check(sealed).cause == "app_fault"
    finally:
        house.extensions["key_ring"] = ring
