"""The whole story once more, with everything that the console writes kept and searched: no secret in any of it."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.flows.everything import Everything
from tests.flows.searching import console_log, found_in, rows
from tests.people import PASSWORD, People, english_browser
from tests.rooms.channels.story import Story
from tests.running import Sandbox, free_ports, serving
from webapp.channels.models import Authorization, Channel, Grant
from webapp.core import clock, db
from webapp.core.crypto import Secret
from webapp.inbox.models import Conversation
from webapp.meta.signature import appsecret_proof

MORNING = "@morninglight.coffee"
MORNING_ID = "17841405822301001"
WRONG_PASSWORD = "mistyped-horse-batteries"


@pytest.fixture
def sandbox(sandbox_server: Sandbox) -> Sandbox:
    """The one that this process's console knows; the other stories here start their own."""
    sandbox_server.reset()
    return sandbox_server


@pytest.fixture
def everything(app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Everything:
    """Keeps every answer, and every log record of every library at its chattiest; what becomes of the records is looked
    at in the end (`console_log`), and written nowhere meanwhile."""
    for handler in (*logging.root.handlers, caplog.handler):
        monkeypatch.setattr(handler, "format", lambda record: "")
    for name in ("", *logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name or None)
    kept = Everything(app.wsgi_app)
    monkeypatch.setattr(app, "wsgi_app", kept)
    return kept


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets time pass for the console."""
    real, moved = clock.now, [timedelta()]

    def now() -> datetime:
        return real() + moved[0]

    def wait(time: timedelta) -> None:
        moved[0] += time

    monkeypatch.setattr(clock, "now", now)
    return wait


@pytest.fixture
def told(app: Flask, sandbox: Sandbox) -> Iterator[None]:
    """The sandbox's webhooks reach the console over HTTP."""
    with serving(app, free_ports(1)[0]) as url:
        hooks = f"{url}/webhooks/meta"
        addresses = {"webhook_url": hooks, "deauthorize_url": f"{hooks}/deauthorization"}
        addresses["data_deletion_url"] = f"{hooks}/data-deletion"
        sandbox.control("app", **addresses)
        yield
        sandbox.control("app", **dict.fromkeys(addresses, ""))


class Teller:
    """Alice's browser, the workers and the clock, and everything that must stay unseen."""

    def __init__(self, app: Flask, story: Story, later: Callable[[timedelta], None]) -> None:
        self.app, self.story, self.client, self.sandbox, self.later = app, story, story.client, story.sandbox, later
        self.states: set[str] = set()
        self.codes: set[str] = set()
        self.names: dict[str, Any] = {"slug": "aurora", "code": "nobody-s", "filename": "css/base.css"}
        self.rows: list[str] = []

    def connect(self, **fields: str) -> str:
        return self.through(self.story.press_connect(**fields))

    def through(self, dialog: str, **choices: object) -> str:
        """Through the dialog; the callback with the state and code that it holds."""
        self.states |= set(parse_qs(urlsplit(dialog).query)["state"])
        callback = self.story.in_dialog(dialog, **choices)
        self.codes |= set(parse_qs(urlsplit(callback).query).get("code", []))
        return callback

    def work(self) -> None:
        """What the worker and the scheduler would have done by a quarter of a minute later."""
        assert self.sandbox.control("settle")["settled"]
        self.later(timedelta(seconds=15))
        for _seconds, tick in self.app.extensions["ticks"].values():
            with self.app.app_context():
                tick()
        assert self.sandbox.control("settle")["settled"]

    def visit_everything(self) -> dict[str, int]:
        """Open every address that can be opened, as a page and as a fragment."""
        adapter = self.app.url_map.bind("localhost")
        seen = {}
        for rule in self.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in ("static", "channels.callback"):
                continue
            path = adapter.build(rule.endpoint, {name: self.names.get(name, 1) for name in rule.arguments})
            for headers in ({}, {"HX-Request": "true"}):
                seen[rule.endpoint] = self.client.get(path, headers=headers).status_code
        assert {name: status for name, status in seen.items() if status >= 500} == {}
        return seen

    def learn_names(self) -> None:
        """What stands in the addresses of what the story made."""
        with self.app.app_context():
            session = db.session()
            self.names["channel_id"] = session.scalars(select(Channel.id)).one()
            self.names["name"] = session.scalars(select(Authorization.name).order_by(Authorization.id.desc())).first()
            self.names["conversation_id"] = session.scalars(select(Conversation.id)).first() or 1


@pytest.fixture
def teller(
    app: Flask,
    people: People,
    everything: Everything,
    sandbox: Sandbox,
    later: Callable[[timedelta], None],
    told: None,
) -> Teller:
    app.config["WTF_CSRF_ENABLED"] = False
    client = english_browser(app)
    for password in (WRONG_PASSWORD, PASSWORD):
        client.post("/sign-in", data={"email": people.alice.email, "password": password})
    return Teller(app, Story(client, sandbox), later)


def tell(teller: Teller) -> None:
    """From the first press to the deleted data; everything is looked at when healthy, when lost and when down."""
    connect(teller)
    write(teller)
    lose_and_repair(teller)
    meta_breaks_down(teller)
    leave(teller)


def connect(teller: Teller) -> None:
    story, client = teller.story, teller.client
    story.land(teller.through(story.press_connect(), cancel=True))
    forged = re.sub(r"code=[^&]+", "code=AQforgedcode0123456789", teller.connect())
    teller.codes.add("AQforgedcode0123456789")
    client.get(story.land(forged))
    callback = teller.connect()
    page = story.land(callback)
    client.get(callback)
    assert MORNING in client.get(page).text
    assert "Connected" in story.choose(page, MORNING_ID)
    refused = client.get("/facebook/callback?state=somebody-elses&code=x", follow_redirects=True)
    assert "does not belong to this browser" in refused.text
    teller.learn_names()


def write(teller: Teller) -> None:
    teller.sandbox.control("dm", account=MORNING, customer="張雅婷", text="Are you open?")
    teller.work()
    teller.learn_names()
    thread = f"/w/aurora/conversations/{teller.names['conversation_id']}"
    assert "Are you open?" in teller.client.get(thread).text
    teller.client.post(f"{thread}/messages", data={"text": "Until nine.", "form_key": "one"})
    teller.work()
    assert "Sent" in teller.client.get(thread).text
    healthy = teller.visit_everything()
    assert {healthy[name] for name in ("home.overview", "channels.channel", "inbox.conversation")} == {200}


def lose_and_repair(teller: Teller) -> None:
    channel = f"/w/aurora/channels/{teller.names['channel_id']}"
    teller.sandbox.control("causes", cause="password_changed", person="林小姐", on=True)
    teller.client.post(f"{channel}/check")
    teller.work()
    assert "The Facebook password was changed" in teller.client.get(channel).text
    teller.sandbox.control("dm", account=MORNING, customer="張雅婷", text="Hello?")
    teller.work()
    teller.visit_everything()
    assert teller.sandbox.mails(), "they were told by mail"
    again = teller.client.post(f"{channel}/authorization").headers["Location"]
    teller.story.land(teller.through(again))
    teller.learn_names()


def meta_breaks_down(teller: Teller) -> None:
    channel = f"/w/aurora/channels/{teller.names['channel_id']}"
    for cause in ("outage", "garbage", "drop", "rate_limited"):
        callback = teller.connect()
        teller.sandbox.control("causes", cause=cause, on=True)
        teller.client.get(teller.story.land(callback))
        teller.client.post(f"{channel}/check")
        teller.client.post("/scheduler/rounds")
        teller.later(timedelta(hours=1))
        teller.work()
        teller.sandbox.control("causes", cause=cause, on=False)


def leave(teller: Teller) -> None:
    channel = f"/w/aurora/channels/{teller.names['channel_id']}"
    teller.sandbox.control("causes", cause="app_removed", person="林小姐", on=True)
    teller.work()
    assert "The app was removed" in teller.client.get(channel).text
    teller.sandbox.control("causes", cause="app_removed", person="林小姐", on=False)
    with teller.app.app_context():
        assert db.session().scalars(select(Grant)).all(), "there is something to hide"
    teller.rows = rows(teller.app)
    teller.sandbox.control("data-deletion", person="林小姐")
    teller.work()
    teller.client.post(f"{channel}/disconnection")
    for path in ("/nothing-here", "/w/borealis", "/sign-out"):
        teller.client.get(path)
    teller.client.post("/webhooks/meta", data=b"{}", headers={"X-Hub-Signature-256": "sha256=00"})
    teller.visit_everything()
    teller.client.post("/sign-out")
    teller.visit_everything()


def secrets_of(teller: Teller, config: Config, verifiers: set[str], key: str) -> dict[str, set[str]]:
    """Every secret that exists at the end of the story, by kind."""
    tokens = {one for one in teller.sandbox.secrets() if one.startswith("EAA")}
    app_secret = Secret(config.meta_app_secret)
    return {
        "token": tokens,
        "proof": {appsecret_proof(Secret(one), app_secret) for one in tokens},
        "code": teller.codes | (teller.sandbox.secrets() - tokens - {config.meta_app_secret}),
        "verifier": verifiers,
        "setting": {config.meta_app_secret, config.meta_verify_token, config.secret_key, *config.token_keys},
        "password": {PASSWORD, WRONG_PASSWORD},
        "state": teller.states,
        "sign-in": {key},
    }


def test_no_secret_is_written_anywhere(
    app: Flask, teller: Teller, everything: Everything, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with teller.client.session_transaction() as session:
        key = session["_user_id"]
    verifiers: set[str] = set()
    tell(teller)
    with app.app_context():
        trips = db.session().scalars(select(Authorization)).all()
        verifiers |= {trip.verifier.reveal() for trip in trips}
    secrets = secrets_of(teller, config, verifiers, key)
    assert min(len(values) for values in secrets.values()) > 0
    assert len(secrets["token"]) >= 4

    to_dialog, others = everything.addresses(teller.sandbox.url)
    assert found_in(everything.bodies, secrets) == [], "pages"
    assert found_in(others, secrets) == [], "headers and addresses"
    assert found_in(to_dialog, secrets, "state") == [], "the way to the dialog"
    assert len(found_in(to_dialog, secrets)) == len(to_dialog) > 0, "each trip has a state of its own"
    assert found_in(console_log(caplog), secrets) == [], "log"
    assert found_in([str(mail) for mail in teller.sandbox.mails()], secrets) == [], "mails"
    assert found_in(teller.rows + rows(app), secrets) == [], "database"
