"""A trip through Facebook's dialog: once, soon, in this browser, in this workspace."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.people import People
from tests.rooms.channels.story import Story
from webapp.accounts.models import Membership, Person
from webapp.channels.models import Authorization, Channel, Grant
from webapp.channels.models.authorization import LIFE
from webapp.core import clock, db

Enter = Callable[[FlaskClient, Person], FlaskClient]
MORNING = "@morninglight.coffee"


def trips(app: Flask) -> list[Authorization]:
    with app.app_context():
        return list(db.session().scalars(select(Authorization)))


def grants(app: Flask) -> list[Grant]:
    with app.app_context():
        return list(db.session().scalars(select(Grant)))


def test_an_answer_that_comes_twice_is_taken_in_once(app: Flask, story: Story) -> None:
    """Were it asked about again, Facebook would refuse the used code and the selection would be gone."""
    callback = story.in_dialog(story.press_connect())
    page = story.land(callback)
    asked = len(story.sandbox.look("requests"))
    assert story.land(callback) == page
    assert len(story.sandbox.look("requests")) == asked
    assert [trip.outcome for trip in trips(app)] == ["granted"]
    assert MORNING in story.client.get(page).text


def test_another_code_cannot_be_slipped_in_under_a_used_state(app: Flask, story: Story) -> None:
    cancelled = story.in_dialog(story.press_connect(), cancel=True)
    story.land(cancelled)
    state = next(part for part in cancelled.split("?")[1].split("&") if part.startswith("state="))
    story.land(f"/facebook/callback?{state}&code=AQsomebody-elses")
    assert [trip.outcome for trip in trips(app)] == ["cancelled"]
    assert grants(app) == []


@pytest.mark.parametrize(("late", "outcome"), [(timedelta(seconds=-30), "granted"), (timedelta(seconds=30), "expired")])
def test_an_answer_after_a_quarter_of_an_hour_changes_nothing(
    app: Flask, story: Story, monkeypatch: pytest.MonkeyPatch, late: timedelta, outcome: str
) -> None:
    began = clock.now()
    callback = story.in_dialog(story.press_connect())
    monkeypatch.setattr(clock, "now", lambda: began + LIFE + late)
    page = story.land(callback)
    assert [trip.outcome for trip in trips(app)] == [outcome]
    assert bool(grants(app)) == (outcome == "granted")
    assert story.client.get(page).status_code == 200


def test_a_made_up_or_missing_state_is_refused(app: Flask, story: Story) -> None:
    story.press_connect()
    for query in ("", "?code=AQx", "?state=&code=AQx", "?state=made-up&code=AQx", "?error=access_denied"):
        assert story.land(f"/facebook/callback{query}") == "/facebook/callback/refused", query
    assert [trip.used_at for trip in trips(app)] == [None]


def test_somebody_who_signed_out_meanwhile_is_led_to_the_door(app: Flask, story: Story) -> None:
    callback = story.in_dialog(story.press_connect())
    story.client.post("/sign-out")
    assert story.client.get(callback).headers["Location"] == "/sign-in?next=/social-channels"
    assert grants(app) == []


def test_the_database_knows_a_state_by_its_fingerprint_only(app: Flask, story: Story) -> None:
    dialog = story.press_connect()
    (trip,) = trips(app)
    assert trip.state_hash not in dialog
    assert not [part for part in dialog.replace("&", "=").split("=") if part == trip.state_hash]


def test_a_trip_of_another_workspace_is_not_there(app: Flask, story: Story, people: People, sign_in: Enter) -> None:
    """Dave may manage channels too, but in borealis; aurora's grant must not connect anything there."""
    name = story.land(story.in_dialog(story.press_connect())).rsplit("/", 1)[1]
    dave = sign_in(app.test_client(), people.dave)
    page = f"/w/borealis/authorizations/{name}"
    assert dave.get(page).status_code == 404
    assert dave.post(f"{page}/channels", data={"account": "instagram:17841405822301001"}).status_code == 404
    with app.app_context():
        assert db.session().scalars(select(Channel)).all() == []


@pytest.mark.parametrize("change", [{"role": "agent"}, {"disabled_at": clock.now()}])
def test_whoever_lost_the_right_meanwhile_installs_no_login(
    app: Flask, story: Story, people: People, change: dict[str, object]
) -> None:
    callback = story.in_dialog(story.press_connect())
    with app.app_context(), db.transaction() as session:
        session.execute(update(Membership).where(Membership.person_id == people.alice.id).values(change))
    asked = len(story.sandbox.look("requests"))
    end = story.land(callback)
    assert [trip.outcome for trip in trips(app)] == ["not_allowed"]
    assert grants(app) == []
    assert len(story.sandbox.look("requests")) == asked, "the code was not even exchanged"
    assert story.client.get(end).status_code in (403, 404)
