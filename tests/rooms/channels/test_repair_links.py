"""Repair links: who makes them, how they travel, and when they are over."""

from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from tests.people import People
from tests.rooms.channels.checking import fresh
from tests.rooms.channels.repairing import Guest, audit, browser, count, dump, make_link, the_link
from tests.rooms.channels.story import Story
from webapp.accounts.models import LinkClosed
from webapp.accounts.rules import MAILS_TO_ONE_ADDRESS
from webapp.channels.actions import begin_repair
from webapp.channels.models import Authorization, Channel, Grant, RepairLink
from webapp.core import clock, db
from webapp.core.crypto import fingerprint


def change_link(**values: object) -> None:
    with db.transaction() as session:
        link = session.scalars(select(RepairLink)).one()
        for name, value in values.items():
            setattr(link, name, value)


def test_a_link_works_once(story: Story, guest: Guest, lost: Channel) -> None:
    token = make_link(story, lost)
    guest.go_through(token)
    answer = guest.client.get(f"/repair/{token}")
    assert answer.status_code == 410
    assert "This link has done its work" in answer.text
    assert "morninglight" not in answer.text
    assert guest.client.post(f"/repair/{token}/authorizations").status_code == 410


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


def test_no_address_is_flooded_with_links_that_are_revoked_again(story: Story, lost: Channel) -> None:
    path = f"/w/aurora/channels/{lost.id}/repair-links"
    for number in range(1, MAILS_TO_ONE_ADDRESS.tries + 1):
        make_link(story, lost, address="Chen@example.com" if number % 2 else "chen@example.com")
        assert story.client.post(f"{path}/{number}/revocation").status_code == 303
    answer = story.client.post(path, data={"address": "chen@example.com", "locale": "en"})
    assert answer.status_code == 409
    assert "several mails within the hour" in answer.text
    make_link(story, lost)


def test_only_those_who_manage_channels_make_links(story: Story, lost: Channel, people: People, app: Flask) -> None:
    path = f"/w/aurora/channels/{lost.id}/repair-links"
    for person, status in ((people.carol, 201), (people.bob, 403), (people.dave, 404)):
        client = browser(app)
        client.post("/sign-in", data={"email": person.email, "password": "correct horse battery"})
        assert client.post(path, data={"locale": "en"}).status_code == status
        assert client.get(path).status_code == (200 if status == 201 else status)


def test_the_actions_themselves_refuse_a_closed_link(story: Story, guest: Guest, lost: Channel) -> None:
    make_link(story, lost)
    change_link(revoked_at=clock.now())
    with pytest.raises(LinkClosed):
        begin_repair(the_link(), "secret", meta=current_app.extensions["meta"], now=clock.now())
