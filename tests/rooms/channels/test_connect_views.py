"""From the button to the connected account, through the sandbox's real dialog and Graph API."""

import json
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People, english_browser
from tests.rooms.channels.story import Story
from webapp.accounts.models import Person
from webapp.channels.actions.authorize import redirect_uri
from webapp.channels.models import Authorization, Grant
from webapp.core import db

SignIn = Callable[[FlaskClient, Person], FlaskClient]
MORNING = "@morninglight.coffee"


def test_an_account_is_connected_from_button_to_list(app: Flask, story: Story) -> None:
    report = story.connect("morning", "instagram:")
    assert MORNING in report
    page = story.client.get("/w/aurora/social-channels").text
    assert MORNING in page
    assert "Connected" in page
    assert "林小姐" in page


def test_what_a_connected_account_proves_is_ticked_without_a_reload(story: Story) -> None:
    page = story.client.get("/w/aurora/social-channels").text
    address = page.split('id="prerequisites"')[1].split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    before = story.client.get(address, headers={"HX-Request": "true"}).text
    assert "is-done" not in before
    story.connect("morning", "instagram:")
    after = story.client.get(address, headers={"HX-Request": "true"}).text
    assert after.lstrip().startswith('<section class="card" id="prerequisites"')
    assert "is-done" in after


def test_every_account_is_listed_with_its_reason(story: Story) -> None:
    page = story.client.get(story.land(story.in_dialog(story.press_connect()))).text
    assert "Not a business account" in page
    assert "No Instagram linked" in page
    assert "Link not finished" in page


def test_a_cancelled_dialog_says_so_and_stores_nothing(app: Flask, story: Story) -> None:
    page = story.client.get(story.land(story.in_dialog(story.press_connect(), cancel=True))).text
    assert "You cancelled in the Facebook window" in page
    with app.app_context():
        assert db.session().scalars(select(Grant)).all() == []


def test_the_address_after_the_callback_holds_neither_code_nor_state(story: Story) -> None:
    page = story.land(story.in_dialog(story.press_connect()))
    assert "?" not in page


def test_a_reloaded_callback_shows_the_same_end(app: Flask, story: Story) -> None:
    callback = story.in_dialog(story.press_connect())
    assert story.land(callback) == story.land(callback)
    with app.app_context():
        assert len(db.session().scalars(select(Grant)).all()) == 1


def test_an_answer_from_another_browser_is_refused(app: Flask, story: Story, people: People, sign_in: SignIn) -> None:
    callback = story.in_dialog(story.press_connect())
    stranger = english_browser(app)
    answer = sign_in(stranger, people.carol).get(callback)
    assert "code=" not in answer.headers["Location"]
    page = stranger.get(answer.headers["Location"]).text
    assert "does not belong to this browser" in page
    assert "code=" not in page
    assert "state=" not in page
    with app.app_context():
        assert db.session().scalars(select(Authorization)).one().used_at is None


def test_nothing_ticked_asks_for_a_tick_in_the_same_dialog(story: Story) -> None:
    page = story.land(story.in_dialog(story.press_connect()))
    answer = story.client.post(f"{page}/channels", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "Tick at least one account." in answer.text
    assert "<dialog" not in answer.text


def test_the_list_behind_the_dialog_hears_of_the_connection(story: Story) -> None:
    page = story.land(story.in_dialog(story.press_connect()))
    key = "instagram:17841405822301001:102938475610293"
    answer = story.client.post(f"{page}/channels", data={"account": key}, headers={"HX-Request": "true"})
    told = json.loads(answer.headers["HX-Trigger"])
    assert told["toast"]["text"].startswith("Connected.")
    assert "accounts-changed" in told


def test_facebook_is_told_the_address_of_the_settings_whatever_a_proxy_calls_us(app: Flask) -> None:
    with app.test_request_context(base_url="http://internal:8000"):
        assert redirect_uri() == "http://localhost/facebook/callback"
