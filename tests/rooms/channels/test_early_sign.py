"""Meta's delivery about permissions finds a broken channel before its hour."""

from flask import Flask
from sqlalchemy import select

from tests.rooms.channels.story import Story
from tests.rooms.webhooks.stored import handle_due
from tests.rooms.webhooks.test_hints import told
from tests.rooms.webhooks.wire import signature
from webapp.channels.models import Channel
from webapp.core import db
from webapp.scheduler import jobs


def test_an_unticked_page_is_found_by_the_next_tick(house: Flask, story: Story) -> None:
    story.connect("17841405822301001")
    story.sandbox.control("causes", cause="page_unticked", person="林小姐", page="102938475610293", on=True)
    body = told(["102938475610293"])
    proof = {"X-Hub-Signature-256": signature(body, house.extensions["config"].meta_app_secret)}
    assert story.client.post("/webhooks/meta", data=body, headers=proof).status_code == 200
    handle_due()
    for _seconds, tick in jobs.TICKS.values():
        tick()
    db.leave()
    found = db.session().scalars(select(Channel).execution_options(populate_existing=True)).one()
    assert (found.status, found.cause) == ("lost", "page_unticked")
