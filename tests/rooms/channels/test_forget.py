"""A Facebook user who wants their data deleted is found nowhere in the database afterwards."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tests.people import People, make_channel
from tests.rooms.channels.checking import check, fresh
from tests.rooms.channels.story import Story
from tests.rooms.channels.test_meta_callbacks_protection import signed
from webapp.channels.actions import create_link
from webapp.channels.actions.notify import notify_due
from webapp.channels.models import Channel, Grant
from webapp.core import clock, db
from webapp.core.crypto import Sealed
from webapp.mail.models import OutgoingMail
from webapp.tables import metadata

MORNING = "17841405822301001"
LIN, CHEN, WANG = "林小姐", "陳先生", "王編輯"


def kept() -> dict[str, str]:
    """Every value of every row, by table: as the database holds it, and what of it is sealed opened."""
    session = db.session()
    session.rollback()
    rows = {}
    for table in metadata.sorted_tables:
        sealed = [column for column in table.columns if isinstance(column.type, Sealed)]
        opened = [one.reveal() for column in sealed for one in session.scalars(select(column)) if one is not None]
        rows[table.name] = str(session.execute(text(f'SELECT * FROM "{table.name}"')).all()) + str(opened)
    return rows


def places_of(word: str) -> set[str]:
    return {table for table, rows in kept().items() if word in rows}


def delete_data(app: Flask, client: FlaskClient, facebook_user_id: str) -> None:
    request = signed(app.extensions["config"].meta_app_secret, user_id=facebook_user_id)
    assert client.post("/webhooks/meta/data-deletion", data={"signed_request": request}).status_code == 200


def leave_traces(people: People, story: Story, connected: Channel) -> None:
    """Audit log, mails sent and waiting, a login that was refused in her name, a login of hers that waits elsewhere."""
    story.sandbox.control("causes", cause="password_changed", person=LIN, on=True)
    check(connected)
    notify_due(clock.now() + timedelta(minutes=1))
    mails = db.session().scalars(select(OutgoingMail)).all()
    with db.transaction():
        mails[0].sent_at = clock.now()
    create_link(connected, people.alice, address="owner@example.com", locale="zh_Hant_TW", now=clock.now())
    story.land(story.in_dialog(story.press_connect(), person=CHEN))
    story.sandbox.control("causes", cause="password_changed", person=LIN, on=False)


def test_nothing_of_them_is_left_but_their_channel(
    house: Flask, people: People, story: Story, connected: Channel
) -> None:
    leave_traces(people, story, connected)
    session = db.session()
    hers, token = session.scalars(select(Grant)).one(), fresh(connected).page_token
    assert token is not None
    secrets = (LIN, hers.facebook_user_id, hers.user_token.reveal(), token.reveal())
    traces = {"facebook_grant", "facebook_authorization", "audit_entry", "outgoing_mail"}
    assert places_of(LIN) == traces, "there was something to delete"
    assert [one for one in secrets if not places_of(one)] == []

    for _ in range(2):
        delete_data(house, story.client, hers.facebook_user_id)
    assert {one: places_of(one) for one in secrets} == dict.fromkeys(secrets, set())
    assert places_of("a Facebook user") == {"facebook_authorization", "audit_entry"}
    assert places_of("某位 Facebook 使用者") == {"outgoing_mail"}, "a Chinese mail says it in Chinese"
    assert (fresh(connected).status, fresh(connected).cause) == ("lost", "app_removed")


def test_a_refused_login_that_still_waits_is_forgotten_too(
    house: Flask, people: People, story: Story, connected: Channel
) -> None:
    story.land(story.in_dialog(story.press_connect(), person=CHEN))
    theirs = next(one["id"] for one in story.sandbox.look("state")["people"] if CHEN in str(one))
    assert places_of(CHEN)
    assert places_of(theirs)
    delete_data(house, story.client, theirs)
    assert places_of(CHEN) | places_of(theirs) == set()
    assert fresh(connected).status == "connected"


def test_the_hourly_check_leaves_such_a_channel_as_it_is(house: Flask, story: Story, connected: Channel) -> None:
    delete_data(house, story.client, db.session().scalars(select(Grant.facebook_user_id)).one())
    found = check(connected)
    assert (found.status, found.cause, found.verdict_at) == ("lost", "app_removed", found.checked_at)


def test_whoever_covers_the_channel_next_takes_it_over(house: Flask, story: Story, connected: Channel) -> None:
    delete_data(house, story.client, db.session().scalars(select(Grant.facebook_user_id)).one())
    reauthorise = f"/w/aurora/channels/{connected.id}/authorization"
    stranger = story.in_dialog(story.client.post(reauthorise).headers["Location"], person=WANG)
    assert "The account still does not work" in story.client.get(story.land(stranger)).text
    assert fresh(connected).grant_id is None
    owner = story.in_dialog(story.client.post(reauthorise).headers["Location"])
    assert "Reauthorised" in story.client.get(story.land(owner)).text
    assert fresh(connected).status == "connected"


def test_a_new_name_takes_the_place_of_the_old_one(house: Flask, story: Story, connected: Channel) -> None:
    """Else the old one would be found by nobody when the data is to be deleted."""
    with db.transaction() as session:
        session.scalars(select(Grant)).one().facebook_user_name = "林未婚"
        session.execute(text("UPDATE audit_entry SET subject = '林未婚' WHERE action = 'authorized'"))
    story.land(story.in_dialog(story.press_connect(rerequest="1")))
    assert places_of("林未婚") == set()


def test_a_user_without_a_name_garbles_no_mail_that_waits(house: Flask, people: People, client: FlaskClient) -> None:
    channel = make_channel(people.aurora, people.alice)
    with db.transaction() as session:
        session.get_one(Grant, channel.grant_id).facebook_user_name = ""
    create_link(channel, people.alice, address="owner@example.com", locale="en", now=clock.now())
    before = db.session().scalars(select(OutgoingMail.text)).one()
    delete_data(house, client, "7001")
    assert db.session().scalars(select(OutgoingMail.text)).one() == before
