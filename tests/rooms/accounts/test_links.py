"""Links by mail: invitations, and new passwords for forgotten ones."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.people import PASSWORD, People
from tests.rooms.accounts.members import NEW, role_of
from tests.running import Sandbox
from webapp.accounts import passwords
from webapp.accounts.actions import links
from webapp.accounts.rules import MAILS_TO_ONE_ADDRESS
from webapp.core import clock, db
from webapp.mail import actions as mail
from webapp.mail.gateway import Mailer


@pytest.fixture
def letter(app: Flask, sandbox: Sandbox) -> Callable[[], str]:
    """Sends what waits to the real mail server and returns the path of the link in the newest mail."""

    def newest() -> str:
        mailer: Mailer = app.extensions["mailer"]
        with app.app_context():
            mail.send_due(mailer, clock.now)
        text = str(sandbox.mails()[-1]["text"])
        found = re.search(r"http://localhost(/(?:invitations|new-password)/[\w-]+)", text)
        assert found, text
        return found.group(1)

    return newest


def invite(client: FlaskClient, email: str = "erin@example.com", role: str = "agent") -> str:
    form = {"email": email, "role": role, "locale": "en"}
    return client.post("/w/aurora/settings/invitations", data=form, follow_redirects=True).text


def test_an_invited_colleague_makes_an_account_and_is_in(
    app: Flask, alice: FlaskClient, guest: FlaskClient, letter: Callable[[], str]
) -> None:
    assert "on its way to erin@example.com" in invite(alice)
    link = letter()
    page = guest.get(link).text
    assert "Join Aurora" in page
    assert "Alice invites you as: Agent" in page
    told = guest.post(link, data={"name": " Erin  Lee ", "password": NEW, "locale": "en"}, follow_redirects=True)
    assert "Your account is ready" in told.text
    guest.post("/sign-in", data={"email": "erin@example.com", "password": NEW})
    assert guest.get("/w/aurora/conversations").status_code == 200
    assert role_of(app, "erin@example.com") == ("agent", True)
    assert guest.get(link).status_code == 410
    members = alice.get("/w/aurora/settings/members").text
    assert "Erin Lee" in members
    assert "Invited, not here yet" not in members
    audit = alice.get("/w/aurora/settings/audit").text
    assert "Alice invited erin@example.com → Agent." in audit
    assert "Erin Lee joined: Erin Lee → Agent." in audit


def test_somebody_with_an_account_signs_in_to_join(
    app: Flask, alice: FlaskClient, guest: FlaskClient, people: People, letter: Callable[[], str]
) -> None:
    invite(alice, people.dave.email.upper(), "supervisor")
    link = letter()
    assert "has an account already" in guest.get(link).text
    turned_away = guest.post(link, data={"name": "Not Dave", "password": NEW, "locale": "en"})
    assert turned_away.headers["Location"].startswith("/sign-in")
    guest.post("/sign-in", data={"email": people.dave.email, "password": PASSWORD})
    assert "You are now a member of Aurora" in guest.post(link, follow_redirects=True).text
    assert role_of(app, people.dave.email) == ("supervisor", True)


def test_an_invitation_does_not_work_for_whoever_else_is_signed_in(
    alice: FlaskClient, guest: FlaskClient, people: People, letter: Callable[[], str]
) -> None:
    invite(alice, people.dave.email)
    link = letter()
    guest.post("/sign-in", data={"email": people.mark.email, "password": PASSWORD})
    assert guest.post(link).headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("ending", ["revoked", "replaced", "expired", "mangled"])
def test_an_invitation_that_ended_says_so(
    alice: FlaskClient,
    guest: FlaskClient,
    letter: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
) -> None:
    invite(alice)
    link = letter()
    if ending == "revoked":
        alice.post("/w/aurora/settings/invitations/1/revocation")
    elif ending == "replaced":
        monkeypatch.setattr(links, "TWICE", timedelta(0))
        invite(alice)
    elif ending == "expired":
        later = clock.now() + timedelta(days=7, seconds=1)
        monkeypatch.setattr(clock, "now", lambda: later)
    else:
        link += "x"
    for answer in (guest.get(link), guest.post(link, data={"name": "Erin", "password": NEW, "locale": "en"})):
        assert answer.status_code == 410
        assert "This link no longer works" in answer.text


def test_what_is_wrong_with_an_invitation_is_said(alice: FlaskClient, people: People) -> None:
    assert "is a member already" in invite(alice, people.bob.email)
    assert "Enter a whole e-mail address" in invite(alice, "nobody")
    assert (
        alice.post("/w/aurora/settings/invitations", data={"email": "a@b.example", "role": "king"}).status_code == 422
    )


def test_a_short_password_is_refused_with_the_form_kept(
    alice: FlaskClient, guest: FlaskClient, letter: Callable[[], str]
) -> None:
    invite(alice)
    link = letter()
    again = guest.post(link, data={"name": "Erin", "password": "short", "locale": "en"})
    assert again.status_code == 422
    assert "Take 10 characters or more" in again.text
    assert 'value="Erin"' in again.text


def test_an_invitation_pressed_twice_is_one_and_many_are_too_many(
    app: Flask, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "on its way" in invite(alice)
    assert "on its way" in invite(alice)
    with app.app_context():
        assert len(db.session().scalars(select(mail.OutgoingMail.id)).all()) == 1
    monkeypatch.setattr(links, "TWICE", timedelta(0))
    while "on its way" in (answer := invite(alice)):
        pass
    assert "several invitations within the hour" in answer
    with app.app_context():
        assert len(db.session().scalars(select(mail.OutgoingMail.id)).all()) == MAILS_TO_ONE_ADDRESS.tries


def test_a_forgotten_password_is_replaced_by_mail_and_ends_every_sign_in(
    alice: FlaskClient, guest: FlaskClient, people: People, letter: Callable[[], str]
) -> None:
    told = guest.post("/forgotten-password", data={"email": people.alice.email}, follow_redirects=True).text
    assert "a mail with a link is on its way" in told
    link = letter()
    assert people.alice.email in guest.get(link).text
    differing = guest.post(link, data={"password": NEW, "again": "something else"})
    assert "The two differ" in differing.text
    guest.post(link, data={"password": NEW, "again": NEW})
    assert alice.get("/w/aurora").status_code == 303
    assert guest.post("/sign-in", data={"email": people.alice.email, "password": PASSWORD}).status_code == 422
    assert guest.post("/sign-in", data={"email": people.alice.email, "password": NEW}).status_code == 303
    assert guest.post(link, data={"password": PASSWORD, "again": PASSWORD}).status_code == 410


def test_a_password_link_for_an_address_that_nobody_has_is_answered_alike(
    guest: FlaskClient, people: People, sandbox: Sandbox
) -> None:
    known = guest.post("/forgotten-password", data={"email": people.alice.email})
    unknown = guest.post("/forgotten-password", data={"email": "nobody@example.com"})
    assert known.status_code == unknown.status_code == 303
    assert known.headers["Location"] == unknown.headers["Location"]


def test_an_address_that_nobody_has_takes_as_long(app: Flask, guest: FlaskClient, people: People) -> None:
    """Its mail is written too. Counted, not timed: what the database was asked for."""
    asked: dict[str, list[str]] = {}
    for email in (people.alice.email, "nobody@example.com"):
        asked[email] = []
        note = lambda *args, to=asked[email]: to.append(" ".join(args[2].split()[:3]))  # noqa: E731
        event.listen(app.extensions["engine"], "before_cursor_execute", note)
        guest.post("/forgotten-password", data={"email": email})
        event.remove(app.extensions["engine"], "before_cursor_execute", note)
    known, unknown = ([one for one in told if "SAVEPOINT" not in one] for told in asked.values())
    assert known == unknown
    assert "INSERT INTO outgoing_mail" in known
    with app.app_context():
        assert [one.address for one in db.session().scalars(select(mail.OutgoingMail))] == [people.alice.email]


def test_nobody_is_flooded_with_password_links(app: Flask, guest: FlaskClient, people: People) -> None:
    from_places = [f"192.0.2.{number}" for number in range(6)]
    for place in from_places:
        guest.post("/forgotten-password", data={"email": people.alice.email}, environ_overrides={"REMOTE_ADDR": place})
    with app.app_context():
        assert len(db.session().scalars(select(mail.OutgoingMail.id)).all()) == 3


def test_a_made_up_link_costs_no_hash(guest: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "hashed", hashed.append)
    assert guest.post("/new-password/made-up", data={"password": NEW, "again": NEW}).status_code == 410
    assert guest.post("/invitations/made-up", data={"password": NEW, "name": "E", "locale": "en"}).status_code == 410
    assert hashed == []


def test_an_invitation_is_no_password_link(
    alice: FlaskClient, guest: FlaskClient, people: People, letter: Callable[[], str]
) -> None:
    invite(alice, people.dave.email)
    token = letter().rsplit("/", 1)[1]
    assert guest.post(f"/new-password/{token}", data={"password": NEW, "again": NEW}).status_code == 410
