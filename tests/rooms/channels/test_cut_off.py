"""A login replaces the one before: what it leaves out is lost at once, everywhere, and said before anything else."""

from collections.abc import Callable

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People, english_browser
from tests.rooms.channels.checking import check, fresh
from tests.rooms.channels.story import Story
from webapp.accounts.models import Membership, Person
from webapp.channels.models import Channel, Incident, StatusChange
from webapp.core import db

SignIn = Callable[[FlaskClient, Person], FlaskClient]
MORNING_PAGE = "102938475610293"
SHANHAI_PAGE = "104756382910475"


def dave_logs_in(app: Flask, people: People, story: Story, sign_in: SignIn, **choices: object) -> tuple[Story, str]:
    """Dave of borealis goes through the dialog as 林小姐; returns his browser and the page where it ends."""
    browser = english_browser(app)
    dave = Story(sign_in(browser, people.dave), story.sandbox)
    url = browser.post("/w/borealis/authorizations", data={"platform": "instagram"}).headers["Location"]
    return dave, dave.land(dave.in_dialog(url, **choices))


def test_an_unticked_page_is_named_before_the_selection(story: Story, connected: Channel) -> None:
    page = story.land(story.in_dialog(story.press_connect(rerequest="1"), pages=[SHANHAI_PAGE]))
    shown = story.client.get(page).text
    assert "1 connected account just lost its authorisation" in shown
    assert "@morninglight.coffee" in shown
    assert "Edit settings on Facebook" in shown
    assert 'name="account"' not in shown
    assert 'name="account"' in story.client.get(f"{page}?seen=1").text
    lost = fresh(connected)
    assert (lost.status, lost.cause) == ("lost", "page_unticked")


def test_the_waiting_page_shows_the_cut_off_first_too(story: Story, connected: Channel) -> None:
    since = 1  # the fixture's own trip
    story.land(story.in_dialog(story.press_connect(rerequest="1"), pages=[SHANHAI_PAGE]))
    shown = story.client.get(f"/w/aurora/authorizations/watch?since={since}").text
    assert 'id="selection"' in shown
    assert "just lost its authorisation" in shown
    assert 'name="account"' not in shown


def test_going_on_without_them_brings_the_selection_in_their_place(story: Story, connected: Channel) -> None:
    page = story.land(story.in_dialog(story.press_connect(rerequest="1"), pages=[SHANHAI_PAGE]))
    fragment = story.client.get(f"{page}?seen=1", headers={"HX-Request": "true"}).text
    assert fragment.lstrip().startswith('<div id="choices">')


def test_a_cancelled_permission_is_named_as_such(story: Story, connected: Channel) -> None:
    dialog = {"declined": ["instagram_manage_messages"]}
    page = story.land(story.in_dialog(story.press_connect(rerequest="1"), **dialog))
    assert "A permission was cancelled" in story.client.get(page).text
    assert fresh(connected).cause == "permission_cancelled"


def test_ticking_it_again_puts_it_back_without_touching_the_others(story: Story, connected: Channel) -> None:
    story.connect("17841408833402002")
    story.land(story.in_dialog(story.press_connect(rerequest="1"), pages=[SHANHAI_PAGE]))
    assert fresh(connected).status == "lost"
    page = story.land(story.in_dialog(story.press_connect(rerequest="1")))
    assert "just lost" not in story.client.get(page).text
    assert fresh(connected).status == "connected"
    others = db.session().scalars(select(StatusChange).where(StatusChange.channel_id != connected.id)).all()
    assert [one.became for one in others] == ["connected"]
    assert [one.closed_by for one in db.session().scalars(select(Incident))] == ["authorization"]


@pytest.mark.parametrize("cause", ["role_lost", "page_deleted"])
def test_a_login_does_not_hide_why_the_page_cannot_be_ticked(story: Story, connected: Channel, cause: str) -> None:
    """Facebook offers no Page without the role, or one that is gone: "tick it again" would be wrong advice."""
    story.sandbox.control("causes", cause=cause, person="林小姐", page=MORNING_PAGE, on=True)
    check(connected)
    assert fresh(connected).cause == cause
    page = story.land(story.in_dialog(story.press_connect(rerequest="1")))
    assert "just lost" not in story.client.get(page).text
    assert (fresh(connected).status, fresh(connected).cause) == ("lost", cause)
    check(connected)
    assert fresh(connected).cause == cause
    story.sandbox.control("causes", cause=cause, person="林小姐", page=MORNING_PAGE, on=False)
    story.land(story.in_dialog(story.press_connect(rerequest="1")))
    assert fresh(connected).status == "connected"


def test_where_nobody_knew_better_the_words_name_both(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="role_lost", person="林小姐", page=MORNING_PAGE, on=True)
    shown = story.client.get(story.land(story.in_dialog(story.press_connect(rerequest="1")))).text
    assert "Is one not in the list? Then an admin of its Page must give you full control first" in shown
    row = story.client.get("/w/aurora/social-channels").text
    assert "tick this Page" in row
    assert "Is it not in the list? Then an admin of the Page must give 林小姐 full control first" in row


def test_an_account_that_came_unlinked_cannot_be_ticked_and_is_not_cut_off(story: Story, connected: Channel) -> None:
    story.sandbox.control("causes", cause="instagram_unlinked", page=MORNING_PAGE, on=True)
    page = story.land(story.in_dialog(story.press_connect(rerequest="1")))
    assert "just lost" not in story.client.get(page).text
    assert (fresh(connected).status, fresh(connected).cause) == ("attention", "instagram_unlinked")


def test_a_second_login_without_the_picker_cuts_nothing_off(story: Story, connected: Channel) -> None:
    page = story.land(story.in_dialog(story.press_connect()))
    assert "just lost" not in story.client.get(page).text
    assert fresh(connected).status == "connected"


def test_channels_of_other_workspaces_are_lost_too_and_only_counted(
    app: Flask, people: People, story: Story, connected: Channel, sign_in: SignIn
) -> None:
    dave, page = dave_logs_in(app, people, story, sign_in, pages=[SHANHAI_PAGE])
    shown = dave.client.get(page).text
    assert "1 account of a workspace that you do not belong to" in shown
    assert "morninglight" not in shown
    assert "Aurora" not in shown
    lost = fresh(connected)
    assert (lost.status, lost.cause) == ("lost", "page_unticked")
    change = db.session().scalars(select(StatusChange).where(StatusChange.became == "lost")).one()
    assert change.person_id is None


def test_who_belongs_to_the_other_workspace_reads_the_names(
    app: Flask, people: People, story: Story, connected: Channel, sign_in: SignIn
) -> None:
    with db.transaction() as session:
        session.add(Membership(person_id=people.dave.id, workspace_id=people.aurora.id, role="agent"))
    dave, page = dave_logs_in(app, people, story, sign_in, pages=[SHANHAI_PAGE])
    shown = dave.client.get(page).text
    assert "@morninglight.coffee" in shown
    assert "(Aurora)" in shown
    assert "do not belong to" not in shown


def test_a_login_in_one_workspace_revives_the_users_channels_in_another(
    app: Flask, people: People, story: Story, connected: Channel, sign_in: SignIn
) -> None:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    story.client.post(f"/w/aurora/channels/{connected.id}/check")
    assert fresh(connected).status == "lost"
    dave_logs_in(app, people, story, sign_in)
    assert fresh(connected).status == "connected"


def test_a_refused_user_is_told_what_the_login_cut_off_elsewhere(
    app: Flask, people: People, story: Story, connected: Channel, sign_in: SignIn
) -> None:
    """陳先生 carries an account of borealis; his login for aurora, refused there, leaves its Page out."""
    story.sandbox.control("causes", cause="not_business", account="@aming.photo", on=False)
    dave, page = dave_logs_in(app, people, story, sign_in, person="陳先生", pages=["107364528190736"])
    dave.choose(page, "17841411844503003")
    g.pop("_login_user")  # the open app context would take Alice for Dave
    end = story.land(story.in_dialog(story.press_connect(rerequest="1"), person="陳先生", pages=[MORNING_PAGE]))
    shown = story.client.get(end).text
    assert "Connecting the Instagram account failed" in shown
    assert "1 account of a workspace that you do not belong to" in shown
    other = db.session().scalars(select(Channel).where(Channel.username == "aming.photo")).one()
    assert fresh(other).cause == "page_unticked"
    assert fresh(connected).status == "connected"


def test_a_reauthorisation_that_leaves_the_page_out_does_not_say_it_worked(story: Story, connected: Channel) -> None:
    answer = story.client.post(f"/w/aurora/channels/{connected.id}/authorization")
    page = story.land(story.in_dialog(answer.headers["Location"], pages=[SHANHAI_PAGE]))
    shown = story.client.get(page).text
    assert "The account still does not work" in shown
    assert "Reauthorised" not in shown
