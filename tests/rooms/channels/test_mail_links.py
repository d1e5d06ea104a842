"""Where the mail's button leads: after sign-in, in the right workspace, and for people without the right."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import PASSWORD, People
from tests.rooms.channels.test_notify import LATER, lose, mails
from webapp.accounts.models import Membership, Person
from webapp.channels.actions.notify import notify_due
from webapp.core import db

LINK = re.compile(r'href="http://localhost(/w/[^"/]+/channels/[0-9]+)"')


@pytest.fixture
def link(house: Flask, people: People) -> str:
    """The button of the mail that Carol got."""
    lose(people)
    notify_due(LATER)
    (found,) = LINK.findall(next(mail.html for mail in mails() if mail.address == "carol@example.com"))
    return str(found)


def follow(client: FlaskClient, link: str, person: Person) -> str:
    """Press the button without being signed in, sign in, and see what comes."""
    asked = client.get(link)
    assert (asked.status_code, asked.headers["Location"]) == (303, f"/sign-in?next={link}")
    form = {"email": person.email, "password": PASSWORD, "next": link}
    answer = client.post("/sign-in", data=form, follow_redirects=True)
    assert answer.request.path == link
    return answer.text


def test_the_button_leads_through_the_sign_in_to_the_broken_account(
    client: FlaskClient, people: People, link: str
) -> None:
    page = follow(client, link, people.carol)
    assert "@shop.1" in page
    assert "Reauthorise" in page


def test_who_belongs_to_several_workspaces_lands_in_the_one_of_the_account(
    client: FlaskClient, people: People, link: str
) -> None:
    with db.transaction() as session:
        session.add(Membership(person_id=people.carol.id, workspace_id=people.borealis.id, role="admin"))
    client.set_cookie("workspace", "borealis")
    page = follow(client, link, people.carol)
    assert "Reauthorise" in page
    assert "Aurora" in page


def test_who_may_not_repair_it_reads_whom_to_ask(client: FlaskClient, people: People, link: str) -> None:
    page = follow(client, link, people.bob)
    assert re.search(r"Alice|Carol", page), "whom to ask"
    assert f'action="{link}/authorization"' not in page


def test_a_stranger_learns_nothing(client: FlaskClient, people: People, link: str) -> None:
    form = {"email": people.dave.email, "password": PASSWORD, "next": link}
    answer = client.post("/sign-in", data=form, follow_redirects=True)
    assert answer.status_code == 404
    assert "shop.1" not in answer.text
