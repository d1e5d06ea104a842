"""Members, one's own account, the workspace's profile and the audit log."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.people import PASSWORD, People
from tests.rooms.accounts.members import NEW, role_of
from webapp import commands
from webapp.accounts import queries
from webapp.accounts.models import Membership, Person, Workspace
from webapp.core import db

Enter = Callable[[FlaskClient, Person], FlaskClient]


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


def test_the_members_page_reads_only_the_sign_ins_of_its_people(app: Flask, people: People) -> None:
    read: list[str] = []
    with app.app_context():
        event.listen(app.extensions["engine"], "before_cursor_execute", lambda *args: read.append(args[2]), once=True)
        queries.colleagues(people.aurora)
    assert "GROUP BY" not in read[0], "the table of everybody's sign-ins"


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
