"""A second Facebook user in one workspace: refused by name, with three ways out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People
from tests.rooms.channels.story import Story
from webapp.accounts.models import AuditEntry, Person
from webapp.channels.actions import MoveRefused, PendingGone, forget_pending, forget_user, move
from webapp.channels.models import Authorization, Channel, Grant, PendingGrant
from webapp.core import clock, db

SignIn = Callable[[FlaskClient, Person], FlaskClient]
MORNING = "17841405822301001"
MORNING_PAGE = "102938475610293"
SHANHAI = "17841408833402002"


def channels() -> dict[str, Channel]:
    found = db.session().scalars(select(Channel).execution_options(populate_existing=True)).all()
    db.leave()
    return {one.label: one for one in found}


def pendings() -> list[PendingGrant]:
    found = list(db.session().scalars(select(PendingGrant)))
    db.leave()
    return found


def user_of(channel: Channel) -> str:
    grant = db.session().get_one(Grant, channel.grant_id)
    db.leave()
    return grant.facebook_user_name


def as_chen(story: Story) -> str:
    """陳先生 goes through the dialog; returns the page where the trip ends."""
    return story.land(story.in_dialog(story.press_connect(), person="陳先生"))


def test_the_refusal_names_both_users_and_offers_three_ways(story: Story, connected: Channel) -> None:
    page = story.client.get(as_chen(story)).text
    assert "Connecting the Instagram account failed" in page
    assert "Sign in to Facebook as 林小姐" in page
    assert "Or move every account to 陳先生" in page
    assert "Or disconnect everything and start again as 陳先生" in page
    before = connected.page_token
    now = channels()["@morninglight.coffee"]
    assert (now.status, now.page_token, user_of(now)) == ("connected", before, "林小姐")


def test_the_refused_login_is_sealed_and_opens_nothing(story: Story, connected: Channel) -> None:
    page = as_chen(story)
    keys = {"account": [f"instagram:{MORNING}:{MORNING_PAGE}"]}
    assert story.client.post(f"{page}/channels", data=keys).status_code == 404
    raw = db.session().connection().exec_driver_sql("SELECT user_token FROM pending_grant").scalar_one()
    db.leave()
    assert raw not in story.sandbox.secrets()
    assert pendings()[0].user_token.reveal() in story.sandbox.secrets()


def test_all_channels_move_in_one_step_after_a_confirmation(story: Story, connected: Channel) -> None:
    messenger = story.land(story.in_dialog(story.press_connect(platform="messenger")))
    story.choose(messenger, f"messenger:{MORNING_PAGE}")
    page = as_chen(story)
    asked = story.client.get(f"{page}/move").text
    assert "@morninglight.coffee" in asked
    assert "晨光咖啡" in asked
    assert user_of(channels()["@morninglight.coffee"]) == "林小姐"
    answer = story.client.post(f"{page}/move")
    assert answer.headers["Location"] == page
    shown = story.client.get(page).text
    assert "2 accounts now work with the Facebook login of 陳先生" in shown
    assert "Already connected" in shown
    moved = channels()
    assert len(moved) == 2
    assert {user_of(one) for one in moved.values()} == {"陳先生"}
    assert {one.status for one in moved.values()} == {"connected"}
    assert pendings() == []
    actions = db.session().scalars(select(AuditEntry.action)).all()
    assert "moved" in actions


def test_moved_channels_live_on_without_the_first_user(story: Story, connected: Channel) -> None:
    story.client.post(f"{as_chen(story)}/move")
    story.sandbox.control("causes", cause="app_removed", person="林小姐", on=True)
    story.client.post(f"/w/aurora/channels/{connected.id}/check")
    assert channels()["@morninglight.coffee"].status == "connected"


def test_what_the_new_user_does_not_share_is_listed_and_nothing_can_be_moved(story: Story, connected: Channel) -> None:
    story.connect(SHANHAI)
    page = as_chen(story)
    shown = story.client.get(page).text
    assert "@shanhai.select" in shown
    assert "Not shared in this login" in shown
    assert f"{page}/move" not in shown
    answer = story.client.post(f"{page}/move")
    assert answer.status_code == 409
    assert "Nothing was moved" in answer.text
    assert {user_of(one) for one in channels().values()} == {"林小姐"}
    assert len(pendings()) == 1


@pytest.mark.parametrize("endpoint", [MORNING_PAGE, f"{MORNING_PAGE}/subscribed_apps", "debug_token", ""])
def test_half_a_move_never_exists(story: Story, connected: Channel, endpoint: str) -> None:
    messenger = story.land(story.in_dialog(story.press_connect(platform="messenger")))
    story.choose(messenger, f"messenger:{MORNING_PAGE}")
    page = as_chen(story)
    story.sandbox.control("causes", cause="outage", endpoint=endpoint, on=True)
    answer = story.client.post(f"{page}/move")
    assert answer.status_code == 409
    assert "Facebook did not answer" in answer.text
    assert {user_of(one) for one in channels().values()} == {"林小姐"}
    story.sandbox.control("causes", cause="outage", endpoint=endpoint, on=False)
    assert story.client.post(f"{page}/move").status_code == 303
    assert {user_of(one) for one in channels().values()} == {"陳先生"}


def test_an_account_that_a_colleague_connects_during_the_move_stops_it(
    house: Flask, people: People, story: Story, connected: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = story.land(story.in_dialog(story.press_connect()))
    as_chen(story)
    trip = db.session().scalars(select(Authorization).order_by(Authorization.id.desc())).first()
    assert trip is not None
    db.leave()
    gate = current_app.extensions["meta"]
    check = gate.check

    def meanwhile(probes: object) -> object:
        monkeypatch.setattr(gate, "check", check)
        story.choose(mine, SHANHAI)
        db.leave()
        return check(probes)

    monkeypatch.setattr(gate, "check", meanwhile)
    with pytest.raises(MoveRefused, match="other_user"):
        move(trip, people.alice, meta=gate, now=clock.now())
    assert {user_of(one) for one in channels().values()} == {"林小姐"}


def test_starting_again_disconnects_everything_and_shows_the_new_users_accounts(
    story: Story, connected: Channel
) -> None:
    page = as_chen(story)
    asked = story.client.get(f"{page}/new-start").text
    assert "This stops" in asked
    assert "This stays" in asked
    assert channels()["@morninglight.coffee"].status == "connected"
    story.client.post(f"{page}/new-start")
    assert channels()["@morninglight.coffee"].status == "disconnected"
    story.choose(page, MORNING)
    back = channels()["@morninglight.coffee"]
    assert (back.id, back.status, user_of(back)) == (connected.id, "connected", "陳先生")


def test_leaving_everything_as_it_is_forgets_the_other_login(story: Story, connected: Channel) -> None:
    page = as_chen(story)
    story.client.post(f"{page}/dismissal")
    assert pendings() == []
    assert story.client.post(f"{page}/move").status_code == 410
    assert user_of(channels()["@morninglight.coffee"]) == "林小姐"


def test_the_other_login_is_forgotten_after_a_quarter_of_an_hour(story: Story, connected: Channel) -> None:
    as_chen(story)
    assert forget_pending(now=clock.now() + timedelta(minutes=14)) == 0
    assert forget_pending(now=clock.now() + timedelta(minutes=16)) == 1
    assert pendings() == []


def test_a_move_that_comes_too_late_changes_nothing(people: People, story: Story, connected: Channel) -> None:
    as_chen(story)
    trip = db.session().scalars(select(Authorization).order_by(Authorization.id.desc())).first()
    assert trip is not None
    later = clock.now() + timedelta(minutes=16)
    with pytest.raises(PendingGone):
        move(trip, people.alice, meta=current_app.extensions["meta"], now=later)
    assert user_of(channels()["@morninglight.coffee"]) == "林小姐"


def test_another_users_login_is_at_nobody_elses_disposal(
    app: Flask, people: People, story: Story, connected: Channel, sign_in: SignIn
) -> None:
    page = as_chen(story)
    for person in (people.carol, people.dave):
        browser = sign_in(app.test_client(), person)
        assert browser.get(f"{page}/move").status_code == 404
        assert browser.post(f"{page}/move").status_code == 404
        assert browser.post(f"{page}/new-start").status_code == 404
    agent = sign_in(app.test_client(), people.bob)
    assert agent.post(f"{page}/move").status_code == 403
    assert user_of(channels()["@morninglight.coffee"]) == "林小姐"


def test_a_request_to_delete_data_also_forgets_a_login_that_waits(story: Story, connected: Channel) -> None:
    as_chen(story)
    forget_user("10160044556677881", code="x", now=clock.now())
    assert pendings() == []
