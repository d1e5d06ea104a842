"""Repair by somebody without an account: what their way through Facebook mends, and everything that it does not."""

from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from tests.people import People
from tests.rooms.channels.checking import check, fresh
from tests.rooms.channels.repairing import Guest, audit, browser, count, dump, make_link, the_link
from tests.rooms.channels.story import Story
from webapp.accounts.models import SignIn
from webapp.channels.actions import Answer, arrive_with_link, begin_repair
from webapp.channels.models import Authorization, Channel, Grant
from webapp.core import clock, db

SHANHAI = "17841408833402002"


def test_the_owner_repairs_the_channel_without_an_account(
    story: Story, guest: Guest, lost: Channel, people: People
) -> None:
    token = make_link(story, lost)
    page = guest.open(token)
    for words in ("@morninglight.coffee", "Aurora", "林小姐", "The Facebook password was changed"):
        assert words in page
    end = guest.go_through(token)
    assert "Done. @morninglight.coffee works again" in end
    assert "Try again" not in end
    assert (fresh(lost).status, fresh(lost).cause) == ("connected", None)
    assert audit() == [
        ("repair_link_created", "@morninglight.coffee", people.alice.id),
        ("repair_link_used", "@morninglight.coffee", None),
    ]


def test_a_holder_sees_nothing_of_the_workspace(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    for page in (guest.open(token), guest.go_through(token)):
        assert "/w/aurora" not in page
        for name in ("Alice", "Carol", "Bob", "console-menu", str(lost.external_id)):
            assert name not in page


def test_a_link_and_its_trip_sign_in_nobody(story: Story, guest: Guest, lost: Channel) -> None:
    before = count(SignIn)
    guest.go_through(make_link(story, lost))
    for path in ("/w/aurora", "/w/aurora/social-channels", f"/w/aurora/channels/{lost.id}"):
        assert guest.client.get(path).headers["Location"].startswith("/sign-in")
    trip = db.session().scalars(select(Authorization).order_by(Authorization.id.desc())).first()
    assert trip is not None
    assert guest.client.get(f"/w/aurora/authorizations/{trip.name}").status_code == 303
    assert guest.client.post(f"/w/aurora/authorizations/{trip.name}/channels").status_code == 303
    assert count(SignIn) == before


def test_of_two_trips_with_one_link_the_later_one_changes_nothing(
    app: Flask, story: Story, guest: Guest, lost: Channel
) -> None:
    token = make_link(story, lost)
    other = Guest(browser(app), story.sandbox)
    first, second = guest.in_dialog(guest.press(token)), other.in_dialog(other.press(token))
    guest.client.get(guest.land(first))
    authorized = fresh(lost).authorized_at
    answer = other.client.get(other.land(second))
    assert (answer.status_code, "done its work" in answer.text) == (410, True)
    assert fresh(lost).authorized_at == authorized


def test_another_facebook_user_is_told_the_right_one_and_leaves_no_trace(
    story: Story, guest: Guest, lost: Channel
) -> None:
    token = make_link(story, lost)
    end = guest.go_through(token, person="陳先生")
    assert "That was another Facebook account" in end
    assert "Sign in to Facebook as 林小姐" in end
    assert "sign out at facebook.com first" in end
    assert (fresh(lost).status, count(Grant)) == ("lost", 1)
    assert "陳先生" not in dump()
    again = guest.client.post(end.split('action="')[1].split('"')[0])
    assert again.status_code == 303
    end = guest.client.get(guest.land(guest.in_dialog(again.headers["Location"]))).text
    assert "works again" in end


def test_a_cancelled_dialog_leaves_the_link_good(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    end = guest.go_through(token, cancel=True)
    assert "You cancelled in the Facebook window" in end
    assert "Try again" in end
    assert "works again" in guest.go_through(token)


def test_a_page_left_unticked_leaves_the_link_good(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    end = guest.go_through(token, pages=[])
    assert "is still not connected" in end
    assert fresh(lost).status == "lost"
    assert the_link().used_at is None
    assert "works again" in guest.go_through(token)


def test_an_outage_leaves_the_link_good(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    callback = guest.in_dialog(guest.press(token))
    story.sandbox.control("causes", cause="outage", on=True)
    end = guest.client.get(guest.land(callback)).text
    story.sandbox.control("causes", cause="outage", on=False)
    assert "Facebook did not answer" in end
    assert "works again" in guest.go_through(token)


def test_a_stranger_who_catches_the_way_back_gets_nothing(
    app: Flask, story: Story, guest: Guest, lost: Channel
) -> None:
    callback = guest.in_dialog(guest.press(make_link(story, lost)))
    for stranger in (browser(app), story.client):
        answer = stranger.get(callback, follow_redirects=True)
        assert answer.request.query_string == b""
        assert "does not belong to this browser" in answer.text
    assert (fresh(lost).status, the_link().used_at) == ("lost", None)
    end = guest.land(callback)
    assert browser(app).get(end).status_code == 404
    assert browser(app).post(f"{end}/repetition").status_code == 404


def test_a_forged_or_old_cookie_proves_nothing(app: Flask, story: Story, guest: Guest, lost: Channel) -> None:
    callback = guest.in_dialog(guest.press(make_link(story, lost)))
    forger = browser(app)
    forger.set_cookie("omnichat-repair", "anything.at.all")
    assert "does not belong to this browser" in forger.get(callback, follow_redirects=True).text
    cookie = guest.client.get_cookie("omnichat-repair")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")


def test_a_reloaded_way_back_shows_the_same_end(story: Story, guest: Guest, lost: Channel) -> None:
    callback = guest.in_dialog(guest.press(make_link(story, lost)))
    assert guest.land(callback) == guest.land(callback)


def test_the_other_lost_accounts_of_the_same_login_revive_too(story: Story, guest: Guest, connected: Channel) -> None:
    story.connect(SHANHAI)
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    channels = [check(one) for one in db.session().scalars(select(Channel)).all()]
    assert [one.status for one in channels] == ["lost", "lost"]
    guest.go_through(make_link(story, channels[0]))
    assert [fresh(one).status for one in channels] == ["connected", "connected"]


def test_what_is_left_to_mend_is_said(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    story.sandbox.control("causes", cause="message_access_off", account="@morninglight.coffee", on=True)
    end = guest.go_through(token)
    assert "One thing is left to do" in end
    assert "“Allow access to messages” is switched off" in end
    assert the_link().used_at is not None


def test_the_log_never_holds_a_token(
    story: Story, guest: Guest, lost: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    token = make_link(story, lost)
    with caplog.at_level("DEBUG"):
        guest.go_through(token)
    assert "/repair/[struck]" in caplog.text
    assert token not in caplog.text


def test_too_slow_at_facebook_leaves_the_link_good(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    with current_app.test_request_context():
        url = begin_repair(the_link(), "secret", meta=current_app.extensions["meta"], now=clock.now())
        state = guest.in_dialog(url).split("state=")[1].split("&")[0]
        late = clock.now() + timedelta(minutes=16)
        trip = arrive_with_link(Answer(state, "code", ""), "secret", meta=current_app.extensions["meta"], now=late)
    assert trip.outcome == "expired"
    assert "Reauthorise @morninglight.coffee" in guest.open(token)
