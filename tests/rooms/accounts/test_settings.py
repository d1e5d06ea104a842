"""Members, invitations, forgotten passwords, the workspace's profile and the audit log."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.people import PASSWORD, People
from tests.running import Sandbox
from webapp import commands
from webapp.accounts import passwords, queries
from webapp.accounts.actions import links
from webapp.accounts.models import Membership, Person, Workspace
from webapp.accounts.rules import MAILS_TO_ONE_ADDRESS
from webapp.core import clock, db
from webapp.mail import actions as mail
from webapp.mail.gateway import Mailer

Enter = Callable[[FlaskClient, Person], FlaskClient]
NEW = "a long enough password"


@pytest.fixture
def alice(client: FlaskClient, people: People, sign_in: Enter) -> FlaskClient:
    return sign_in(client, people.alice)


@pytest.fixture
def guest(app: Flask) -> FlaskClient:
    """Somebody else's browser."""
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    browser.set_cookie("language", "en")
    return browser


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


def role_of(app: Flask, email: str) -> tuple[str, bool]:
    with app.app_context():
        found = db.session().scalars(
            select(Membership).join(Membership.person).where(Person.email == email, Membership.workspace_id == 1)
        )
        return next((one.role, one.disabled_at is None) for one in found)


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


def test_a_role_changes_at_once(app: Flask, alice: FlaskClient, guest: FlaskClient, people: People) -> None:
    guest.post("/sign-in", data={"email": people.bob.email, "password": PASSWORD})
    assert guest.get("/w/aurora/settings/audit").status_code == 403
    alice.post("/w/aurora/settings/members/3/role", data={"role": "supervisor"})
    assert role_of(app, people.bob.email) == ("supervisor", True)
    assert "Alice changed a role: Bob → Supervisor." in guest.get("/w/aurora/settings/audit").text


def test_a_disabled_member_is_out_until_let_in_again(alice: FlaskClient, guest: FlaskClient, people: People) -> None:
    guest.post("/sign-in", data={"email": people.bob.email, "password": PASSWORD})
    assert "can no longer open" in alice.post("/w/aurora/settings/members/3/suspension", follow_redirects=True).text
    assert guest.get("/w/aurora").status_code == 404
    alice.post("/w/aurora/settings/members/3/return")
    assert guest.get("/w/aurora").status_code == 200


def test_signing_somebody_out_ends_every_browser(alice: FlaskClient, guest: FlaskClient, people: People) -> None:
    guest.post("/sign-in", data={"email": people.bob.email, "password": PASSWORD})
    alice.post("/w/aurora/settings/members/3/sign-out")
    assert guest.get("/w/aurora").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("action", ["role", "suspension"])
def test_the_last_admin_stays_admin(app: Flask, alice: FlaskClient, people: People, action: str) -> None:
    answer = alice.post(f"/w/aurora/settings/members/1/{action}", data={"role": "agent"})
    assert answer.status_code == 409
    assert "Make somebody else admin first" in answer.text
    assert role_of(app, people.alice.email) == ("admin", True)


def test_a_member_of_another_workspace_cannot_be_touched(app: Flask, alice: FlaskClient, people: People) -> None:
    with app.app_context():
        dave = db.session().scalars(select(Membership).where(Membership.workspace_id == 2)).one()
    for action in ("role", "suspension", "return", "sign-out"):
        path = f"/w/aurora/settings/members/{dave.id}/{action}"
        assert alice.post(path, data={"role": "agent"}).status_code == 404


def test_colleagues_see_the_members_and_whom_to_ask(client: FlaskClient, people: People, sign_in: Enter) -> None:
    page = sign_in(client, people.bob).get("/w/aurora/settings/members").text
    assert "Members are managed by Alice" in page
    assert "Carol" in page
    assert "/suspension" not in page
    assert "/settings/invitations" not in page


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


def test_a_made_up_link_costs_no_hash(guest: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "hashed", hashed.append)
    assert guest.post("/new-password/made-up", data={"password": NEW, "again": NEW}).status_code == 410
    assert guest.post("/invitations/made-up", data={"password": NEW, "name": "E", "locale": "en"}).status_code == 410
    assert hashed == []


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


def test_the_members_page_reads_only_the_sign_ins_of_its_people(app: Flask, people: People) -> None:
    read: list[str] = []
    with app.app_context():
        event.listen(app.extensions["engine"], "before_cursor_execute", lambda *args: read.append(args[2]), once=True)
        queries.colleagues(people.aurora)
    assert "GROUP BY" not in read[0], "the table of everybody's sign-ins"


def test_nobody_is_flooded_with_password_links(app: Flask, guest: FlaskClient, people: People) -> None:
    from_places = [f"192.0.2.{number}" for number in range(6)]
    for place in from_places:
        guest.post("/forgotten-password", data={"email": people.alice.email}, environ_overrides={"REMOTE_ADDR": place})
    with app.app_context():
        assert len(db.session().scalars(select(mail.OutgoingMail.id)).all()) == 3


def test_an_invitation_is_no_password_link(
    alice: FlaskClient, guest: FlaskClient, people: People, letter: Callable[[], str]
) -> None:
    invite(alice, people.dave.email)
    token = letter().rsplit("/", 1)[1]
    assert guest.post(f"/new-password/{token}", data={"password": NEW, "again": NEW}).status_code == 410


def test_somebody_changes_their_name_and_the_language_of_their_mails(
    app: Flask, alice: FlaskClient, people: People
) -> None:
    assert "Saved." in alice.post("/account", data={"name": "Alice Lin", "locale": "en"}, follow_redirects=True).text
    with app.app_context():
        person = db.session().get_one(Person, people.alice.id)
        assert (person.name, person.locale) == ("Alice Lin", "en")


def test_ones_own_account_is_no_setting_of_the_workspace(alice: FlaskClient) -> None:
    assert 'aria-current="page"' in alice.get("/w/aurora/settings/workspace").text
    assert 'aria-current="page"' not in alice.get("/account").text


def test_the_workspace_gets_another_name_and_keeps_its_address(alice: FlaskClient) -> None:
    alice.post("/w/aurora/settings/workspace", data={"name": "晨曦選品"})
    assert "晨曦選品" in alice.get("/w/aurora").text
    assert "Alice renamed the workspace: Aurora → 晨曦選品." in alice.get("/w/aurora/settings/audit").text


def test_a_long_audit_log_is_paged(app: Flask, alice: FlaskClient, people: People) -> None:
    for number in range(55):
        alice.post("/w/aurora/settings/workspace", data={"name": f"Name {number}"})
    first = alice.get("/w/aurora/settings/audit").text
    assert "→ Name 54." in first
    assert "→ Name 0." not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "→ Name 0." in alice.get(older.group(1).replace("&amp;", "&")).text


def test_the_operator_founds_a_workspace_whose_first_admin_is_invited(app: Flask, guest: FlaskClient) -> None:
    run = app.test_cli_runner().invoke
    made = run(commands.workspaces, ["create", "cedar", "香柏 Cedar", "--admin", "Fay@cedar.example", "--locale", "en"])
    assert made.exit_code == 0, made.output
    link = re.search(r"http://localhost(/invitations/\S+)", made.output)
    assert link, made.output
    guest.post(link.group(1), data={"name": "Fay", "password": NEW, "locale": "en"})
    guest.post("/sign-in", data={"email": "fay@cedar.example", "password": NEW})
    assert guest.get("/w/cedar/settings/workspace").status_code == 200
    assert "already" in run(commands.workspaces, ["create", "cedar", "Again", "--admin", "g@cedar.example"]).output
    assert "small letters" in run(commands.workspaces, ["create", "Ce dar", "x", "--admin", "g@cedar.example"]).output
    planned = run(commands.workspaces, ["plan", "cedar", "--ends", "2020-01-31", "--channels", "3"])
    assert "until 2020-01-31, up to 3 accounts" in planned.output
    page = guest.get("/w/cedar/settings/workspace").text
    assert "since 2020-02-01" in page
    assert "Up to 3 connected accounts." in page
    run(commands.workspaces, ["plan", "cedar", "--ends", "2099-12-31"])
    assert "Runs until 2099-12-31." in guest.get("/w/cedar/settings/workspace").text
    with app.app_context():
        ends_at = db.session().scalars(select(Workspace.plan_ends_at).where(Workspace.slug == "cedar")).one()
    assert ends_at == datetime(2099, 12, 31, 16, tzinfo=UTC), "midnight in Taipei"
    assert guest.get("/scheduler").status_code == 404
    assert "is an operator" in run(commands.workspaces, ["operator", "fay@cedar.example"]).output
    assert guest.get("/scheduler").status_code == 200
    assert "nobody signs in" in run(commands.workspaces, ["operator", "gus@cedar.example"]).output
