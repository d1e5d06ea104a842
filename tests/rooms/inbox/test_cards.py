"""What colleagues write on a customer's card: tags, note, phone, e-mail; nobody's words are lost unseen."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People
from tests.rooms.inbox.happenings import log, talk, talks, write
from tests.rooms.inbox.screens import HTMX, Browser, here
from webapp.channels.models import Channel
from webapp.core import db
from webapp.inbox.models import Contact, Tag
from webapp.inbox.rules import is_email, is_phone


def card() -> Contact:
    db.leave()
    return db.session().scalars(select(Contact).execution_options(populate_existing=True)).one()


def save(client: FlaskClient, **fields: str):  # type: ignore[no-untyped-def]
    empty = {f"{name}{end}": "" for name in ("phone", "email", "note") for end in ("", "_was")}
    return client.post(here("/card"), data=empty | fields, headers=HTMX)


def put_tag(client: FlaskClient, name: str, path: str = "/tags"):  # type: ignore[no-untyped-def]
    return client.post(here(path), data={"tag": name}, headers=HTMX)


def test_tags_put_on_one_after_the_other_are_one_line(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    for name in ("VIP", "素食"):
        answer = put_tag(alice, name)
    assert "Alice added the tags “VIP”, “素食”" in answer.text
    assert "added the tag “" not in answer.text


def test_a_tag_is_made_by_typing_it_and_narrows_the_list(channel: Channel, people: People, alice: FlaskClient) -> None:
    write(channel)
    answer = put_tag(alice, "  VIP   客戶 ")
    assert "Alice added the tag “VIP 客戶”" in answer.text
    assert re.search(r'id="conversation-tools" hx-swap-oob="true".*/conversations/\d+\?tag=\d+"', answer.text, re.S)
    assert "Alice added" not in put_tag(alice, "vip 客戶").text.replace("Alice added the tag “VIP 客戶”", "", 1)
    write(channel, "someone else", contact_id="2")
    (tag,) = db.session().scalars(select(Tag))
    shown = alice.get(f"/w/aurora/conversations?tag={tag.id}").text
    assert ("hello" in shown, "someone else" in shown) == (True, False)
    assert "VIP 客戶" in alice.get("/w/aurora/conversations?q=vip").text
    assert log() == [("tagged", people.alice.id)]


def test_a_tag_that_nobody_wears_is_gone(channel: Channel, people: People, alice: FlaskClient) -> None:
    write(channel)
    put_tag(alice, "VIP")
    alice.post(here("/tags/1/colour"), data={"colour": "red"}, headers=HTMX)
    assert 'class="tag is-red"' in alice.get(here()).text
    alice.post(here("/tags/1/colour"), data={"colour": "x onload="}, headers=HTMX)
    assert 'class="tag is-red"' in alice.get(here()).text
    assert "Alice removed the tag “VIP”" in alice.post(here("/tags/1/removal"), headers=HTMX).text
    alice.post(here("/tags/1/removal"), headers=HTMX)
    assert db.session().scalars(select(Tag)).all() == []
    assert log() == [("tagged", people.alice.id), ("untagged", people.alice.id)]


def test_a_sentence_is_not_a_tag(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    assert put_tag(alice, "x" * 41).status_code == 422
    assert put_tag(alice, "  ").status_code == 200
    assert db.session().scalars(select(Tag)).all() == []


def test_a_card_is_saved_and_every_change_is_in_the_log(channel: Channel, people: People, alice: FlaskClient) -> None:
    write(channel)
    assert 'name="note_was"' in alice.get(here("/card"), headers=HTMX).text
    answer = save(alice, phone="0912-345-678", email="amy@example.com", note="喜歡淺焙\r\n不加糖")
    assert answer.status_code == 200
    assert "close-dialog" in answer.headers["HX-Trigger"]
    assert (card().phone, card().email, card().note) == ("0912-345-678", "amy@example.com", "喜歡淺焙\n不加糖")
    assert [action for action, _ in log()] == ["phone_changed", "email_changed", "note_changed"]
    assert "喜歡<mark>淺焙" in alice.get("/w/aurora/conversations?q=淺焙").text


@pytest.mark.parametrize(
    ("field", "value"), [("email", "amy@"), ("email", "a b@c.tw"), ("phone", "call me"), ("note", "x" * 2001)]
)
def test_what_cannot_be_is_said_and_stays_in_its_field(
    channel: Channel, alice: FlaskClient, field: str, value: str
) -> None:
    write(channel)
    answer = save(alice, **{field: value})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#dialog")
    assert value in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert getattr(card(), field) == ""


def test_two_people_who_change_the_same_field_see_both_versions(
    channel: Channel, people: People, browser: Browser
) -> None:
    write(channel)
    save(browser(people.alice), note="likes tea")
    bob = browser(people.bob)
    answer = save(bob, note="likes coffee")
    assert answer.status_code == 409
    assert "likes tea" in answer.text
    assert "likes coffee" in answer.text
    assert card().note == "likes tea"
    was = re.search(r'name="note_was"[^>]*value="([^"]*)"', answer.text)
    assert was
    assert was.group(1) == "likes tea"
    assert save(bob, note="likes coffee", note_was="likes tea").status_code == 200
    assert card().note == "likes coffee"


def test_two_people_who_change_different_fields_do_not_meet(channel: Channel, people: People, browser: Browser) -> None:
    write(channel)
    save(browser(people.alice), note="likes tea")
    assert save(browser(people.bob), phone="0912345678").status_code == 200
    assert (card().note, card().phone) == ("likes tea", "0912345678")


def test_without_a_script_the_card_is_a_page_and_leads_back(channel: Channel, alice: FlaskClient) -> None:
    write(channel)
    assert "<html" in alice.get(here("/card?state=open")).text
    answer = alice.post(here("/card?state=open"), data={"note": "x", "note_was": ""})
    assert (answer.status_code, answer.headers["Location"]) == (303, here("/contact?state=open"))


def test_tags_of_another_workspace_are_not_there(channel: Channel, people: People, browser: Browser) -> None:
    write(channel)
    put_tag(browser(people.alice), "VIP")
    assert "VIP" not in browser(people.dave).get("/w/borealis/conversations").text
    assert "hello" not in browser(people.dave).get("/w/borealis/conversations?tag=1").text
    assert len(talks()) == 1
    assert talk().revision > 1


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a@b.tw", True),
        ("a.b+c@d-e.com.tw", True),
        ("a@b", False),
        ("@b.tw", False),
        ("a@b..tw", False),
        ("a@@b.tw", False),
    ],
)
def test_an_address_is_known_by_its_form(text: str, is_one: bool) -> None:
    assert is_email(text) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0912-345-678", True),
        ("+886 2 2345 6789 #12", True),
        ("(02)2345-6789分機12", True),
        ("1234", False),
        ("hello", False),
    ],
)
def test_a_number_is_known_by_its_digits(text: str, is_one: bool) -> None:
    assert is_phone(text) is is_one
