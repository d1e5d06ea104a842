"""Repair by somebody without an account: what a link can do, and everything that it cannot."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app, g
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.people import People
from tests.rooms.channels.story import Story
from tests.rooms.channels.test_actions import check, fresh
from webapp.accounts.models import AuditEntry, LinkClosed, SignIn
from webapp.accounts.rules import MAILS_TO_ONE_ADDRESS
from webapp.channels.actions import Answer, arrive_with_link, begin_repair
from webapp.channels.models import Authorization, Channel, Grant, RepairLink
from webapp.core import clock, db
from webapp.core.crypto import fingerprint
from webapp.tables import metadata

SHANHAI = "17841408833402002"


class Guest(Story):
    """A browser that was never signed in, holding a link."""

    def open(self, token: str) -> str:
        return self.client.get(f"/repair/{token}").text

    def press(self, token: str) -> str:
        """The one button; returns the dialog's address."""
        answer = self.client.post(f"/repair/{token}/authorizations")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def go_through(self, token: str, **dialog: object) -> str:
        """From the button to the page where it ends."""
        return self.client.get(self.land(self.in_dialog(self.press(token), **dialog))).text


class Browser(FlaskClient):
    """A browser of its own. The fixture `house` keeps one app context open, in which Flask-Login remembers the person
    and Flask-Babel the language of the last request: both are forgotten around each request of this one."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        self._forget()
        answer = super().open(*args, **kwargs)
        self._forget()
        return answer

    @staticmethod
    def _forget() -> None:
        for name in [name for name in g if name != "session"]:
            g.pop(name)


def browser(app: Flask) -> FlaskClient:
    client = Browser(app, app.response_class)
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def guest(house: Flask, story: Story) -> Guest:
    return Guest(browser(house), story.sandbox)


@pytest.fixture
def lost(story: Story, connected: Channel) -> Channel:
    story.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    return check(connected)


def make_link(story: Story, channel: Channel, **form: str) -> str:
    """Alice creates a link on the channel's page; returns its token."""
    path = f"/w/aurora/channels/{channel.id}/repair-links"
    answer = story.client.post(path, data={"address": "", "locale": "en"} | form)
    assert answer.status_code == 201, answer.text
    return answer.text.split("/repair/")[1].split('"')[0]


def the_link() -> RepairLink:
    db.leave()
    return db.session().scalars(select(RepairLink).execution_options(populate_existing=True)).one()


def change_link(**values: object) -> None:
    with db.transaction() as session:
        link = session.scalars(select(RepairLink)).one()
        for name, value in values.items():
            setattr(link, name, value)


def audit() -> list[tuple[str, str, int | None]]:
    db.leave()
    entries = db.session().scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(one.action, one.subject, one.person_id) for one in entries if one.action.startswith("repair_link")]


def count(model: type[Grant] | type[Authorization] | type[SignIn]) -> int:
    db.leave()
    return db.session().scalar(select(func.count()).select_from(model)) or 0


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


def test_a_link_works_once(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    guest.go_through(token)
    answer = guest.client.get(f"/repair/{token}")
    assert answer.status_code == 410
    assert "This link has done its work" in answer.text
    assert "morninglight" not in answer.text
    assert guest.client.post(f"/repair/{token}/authorizations").status_code == 410


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


def test_an_expired_link_says_so_and_begins_nothing(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    assert the_link().expires_at - the_link().created_at == timedelta(hours=72)
    change_link(expires_at=clock.now())
    before = count(Authorization)
    answer = guest.client.get(f"/repair/{token}")
    assert (answer.status_code, "This link has expired" in answer.text) == (410, True)
    assert guest.client.post(f"/repair/{token}/authorizations").status_code == 410
    assert count(Authorization) == before


def test_a_link_that_expires_or_is_revoked_during_the_trip_stores_nothing(
    story: Story, guest: Guest, lost: Channel
) -> None:
    token = make_link(story, lost)
    callback = guest.in_dialog(guest.press(token))
    link = the_link()
    answer = story.client.post(f"/w/aurora/channels/{lost.id}/repair-links/{link.id}/revocation")
    assert answer.status_code == 303
    before = db.session().scalars(select(Grant)).one().granted_at
    end = guest.client.get(guest.land(callback))
    assert (end.status_code, "This link was withdrawn" in end.text) == (410, True)
    db.leave()
    grant = db.session().scalars(select(Grant).execution_options(populate_existing=True)).one()
    assert (fresh(lost).status, grant.granted_at) == ("lost", before)


def test_a_used_link_cannot_be_revoked_any_more(story: Story, guest: Guest, lost: Channel) -> None:
    guest.go_through(make_link(story, lost))
    story.client.post(f"/w/aurora/channels/{lost.id}/repair-links/{the_link().id}/revocation")
    assert the_link().revoked_at is None
    assert [one for one in audit() if one[0] == "repair_link_revoked"] == []


def test_an_unknown_link_is_not_there(guest: Guest) -> None:
    answer = guest.client.get("/repair/never-made")
    assert (answer.status_code, "There is no such link" in answer.text) == (404, True)
    assert guest.client.post("/repair/never-made/authorizations").status_code == 404


def test_a_link_of_a_disconnected_channel_is_withdrawn(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    story.client.post(f"/w/aurora/channels/{lost.id}/disconnection")
    assert "This link was withdrawn" in guest.open(token)
    answer = story.client.post(f"/w/aurora/channels/{lost.id}/repair-links", data={"locale": "en"})
    assert answer.status_code == 409


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


def test_the_link_is_shown_once_and_stored_nowhere(story: Story, lost: Channel) -> None:
    token = make_link(story, lost, address="lin@shop.example")
    assert token not in story.client.get(f"/w/aurora/channels/{lost.id}/repair-links").text
    stored = dump()
    assert fingerprint(token) in stored
    assert token not in stored


def test_a_mailed_link_works_and_is_forgotten_once_sent(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost, address=" lin@shop.example ", locale="zh_Hant_TW")
    current_app.extensions["ticks"]["mail.send_due"][1]()
    (mail,) = [one for one in story.sandbox.mails() if "lin@shop.example" in str(one["to"])]
    assert f"http://localhost/repair/{token}" in str(mail["text"])
    assert f"http://localhost/repair/{token}" in str(mail["html"])
    assert "請" in str(mail["subject"])
    assert "林小姐" in str(mail["text"])
    assert token not in dump()
    assert audit()[0][1] == "@morninglight.coffee → lin@shop.example"
    assert "works again" in guest.go_through(token)


@pytest.mark.parametrize(
    "address", ["nobody", "a@b", "a@b.example, c@d.example", "a b@c.example", "x" * 300 + "@b.example"]
)
def test_half_an_address_is_refused(story: Story, lost: Channel, address: str) -> None:
    path = f"/w/aurora/channels/{lost.id}/repair-links"
    answer = story.client.post(path, data={"address": address, "locale": "en"})
    assert answer.status_code == 422
    assert db.session().scalars(select(RepairLink)).all() == []


def test_nobody_is_flooded_with_links(story: Story, lost: Channel) -> None:
    for _ in range(5):
        make_link(story, lost)
    answer = story.client.post(f"/w/aurora/channels/{lost.id}/repair-links", data={"locale": "en"})
    assert (answer.status_code, "enough open links" in answer.text) == (409, True)


def test_only_those_who_manage_channels_make_links(story: Story, lost: Channel, people: People, app: Flask) -> None:
    path = f"/w/aurora/channels/{lost.id}/repair-links"
    for person, status in ((people.carol, 201), (people.bob, 403), (people.dave, 404)):
        client = browser(app)
        client.post("/sign-in", data={"email": person.email, "password": "correct horse battery"})
        assert client.post(path, data={"locale": "en"}).status_code == status
        assert client.get(path).status_code == (200 if status == 201 else status)


def test_the_log_never_holds_a_token(
    story: Story, guest: Guest, lost: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    token = make_link(story, lost)
    with caplog.at_level("DEBUG"):
        guest.go_through(token)
    assert "/repair/[struck]" in caplog.text
    assert token not in caplog.text


def test_the_actions_themselves_refuse_a_closed_link(story: Story, guest: Guest, lost: Channel) -> None:
    make_link(story, lost)
    change_link(revoked_at=clock.now())
    with pytest.raises(LinkClosed):
        begin_repair(the_link(), "secret", meta=current_app.extensions["meta"], now=clock.now())


def test_too_slow_at_facebook_leaves_the_link_good(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    with current_app.test_request_context():
        url = begin_repair(the_link(), "secret", meta=current_app.extensions["meta"], now=clock.now())
        state = guest.in_dialog(url).split("state=")[1].split("&")[0]
        late = clock.now() + timedelta(minutes=16)
        trip = arrive_with_link(Answer(state, "code", ""), "secret", meta=current_app.extensions["meta"], now=late)
    assert trip.outcome == "expired"
    assert "Reauthorise @morninglight.coffee" in guest.open(token)


def dump() -> str:
    """Every column of every row."""
    db.leave()
    return "\n".join(
        repr(tuple(row)) for table in metadata.sorted_tables for row in db.session().execute(select(table))
    )


def test_no_address_is_flooded_with_links_that_are_revoked_again(story: Story, lost: Channel) -> None:
    path = f"/w/aurora/channels/{lost.id}/repair-links"
    for number in range(1, MAILS_TO_ONE_ADDRESS.tries + 1):
        make_link(story, lost, address="Chen@example.com" if number % 2 else "chen@example.com")
        assert story.client.post(f"{path}/{number}/revocation").status_code == 303
    answer = story.client.post(path, data={"address": "chen@example.com", "locale": "en"})
    assert answer.status_code == 409
    assert "several mails within the hour" in answer.text
    make_link(story, lost)
