"""Somebody without an account and the link that they were given, in the words of the page and of the database."""

from typing import Any

from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.rooms.channels.story import Story
from webapp.accounts.models import AuditEntry, SignIn
from webapp.channels.models import Authorization, Channel, Grant, RepairLink
from webapp.core import db
from webapp.tables import metadata


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


def make_link(story: Story, channel: Channel, **form: str) -> str:
    """Alice creates a link on the channel's page; returns its token."""
    path = f"/w/aurora/channels/{channel.id}/repair-links"
    answer = story.client.post(path, data={"address": "", "locale": "en"} | form)
    assert answer.status_code == 201, answer.text
    return answer.text.split("/repair/")[1].split('"')[0]


def the_link() -> RepairLink:
    db.leave()
    return db.session().scalars(select(RepairLink).execution_options(populate_existing=True)).one()


def audit() -> list[tuple[str, str, int | None]]:
    db.leave()
    entries = db.session().scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(one.action, one.subject, one.person_id) for one in entries if one.action.startswith("repair_link")]


def count(model: type[Grant] | type[Authorization] | type[SignIn]) -> int:
    db.leave()
    return db.session().scalar(select(func.count()).select_from(model)) or 0


def dump() -> str:
    """Every column of every row."""
    db.leave()
    return "\n".join(
        repr(tuple(row)) for table in metadata.sorted_tables for row in db.session().execute(select(table))
    )
