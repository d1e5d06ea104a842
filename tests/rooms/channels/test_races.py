"""Several people at once, each in a thread and a browser of their own: one channel, and its Page subscribed."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import People, english_browser
from tests.rooms.channels.story import Story
from tests.running import Sandbox
from webapp.accounts.models import Person
from webapp.channels.models import Channel, Grant
from webapp.core import db

SignIn = Callable[[FlaskClient, Person], FlaskClient]
MORNING = "17841405822301001"
MORNING_PAGE = "102938475610293"
KEY = f"instagram:{MORNING}:{MORNING_PAGE}"


class Browser:
    """One person's browser, standing before the selection of a workspace."""

    def __init__(
        self, app: Flask, sandbox: Sandbox, sign_in: SignIn, person: Person, slug: str, facebook: str = "林小姐"
    ) -> None:
        client = english_browser(app)
        self.story = Story(sign_in(client, person), sandbox)
        self.client = client
        url = client.post(f"/w/{slug}/authorizations", data={"platform": "instagram"}).headers["Location"]
        self.callback = self.story.in_dialog(url, facebook)
        self.page = ""

    def arrive(self) -> str:
        self.page = self.story.land(self.callback)
        return self.page

    def connect(self) -> str:
        return self.client.post(f"{self.page}/channels", data={"account": [KEY]}).text


@pytest.fixture
def browser(app: Flask, sandbox: Sandbox, people: People, sign_in: SignIn) -> Callable[..., Browser]:
    app.config["WTF_CSRF_ENABLED"] = False
    return lambda person, slug, facebook="林小姐": Browser(app, sandbox, sign_in, person, slug, facebook)


def together(*doings: Callable[[], str]) -> list[str]:
    """Start everything at the same moment; returns what each came to."""
    start = threading.Barrier(len(doings))

    def one(doing: Callable[[], str]) -> str:
        start.wait(10)
        return doing()

    with ThreadPoolExecutor(len(doings)) as threads:
        return list(threads.map(one, doings))


@contextmanager
def meeting_after(app: Flask, method: str, count: int = 2) -> Iterator[None]:
    """Whoever asks Meta this is kept until all have asked: then they go on to our database in the same moment."""
    gate, met = app.extensions["meta"], threading.Barrier(count)
    ask = getattr(gate, method)

    def asked(*given: object, **named: object) -> object:
        answer = ask(*given, **named)
        # Once they have met, later questions are not kept.
        with suppress(threading.BrokenBarrierError):
            met.wait(10)
            met.abort()
        return answer

    setattr(gate, method, asked)
    try:
        yield
    finally:
        delattr(gate, method)


def held(app: Flask) -> list[Channel]:
    with app.app_context():
        return list(db.session().scalars(select(Channel).where(Channel.status != "disconnected")))


def subscribed(sandbox: Sandbox) -> bool:
    page = next(one for one in sandbox.look("state")["pages"] if one["id"] == MORNING_PAGE)
    return bool(page["subscription"])


def test_one_account_ticked_in_two_browsers_becomes_one_channel(
    app: Flask,
    sandbox: Sandbox,
    people: People,
    browser: Callable[..., Browser],
) -> None:
    alice, carol = browser(people.alice, "aurora"), browser(people.carol, "aurora")
    alice.arrive(), carol.arrive()
    with meeting_after(app, "check"):
        reports = together(alice.connect, carol.connect)
    assert all("</strong> Connected\n" in report for report in reports)
    assert [one.status for one in held(app)] == ["connected"]
    assert subscribed(sandbox)


def test_one_account_wanted_by_two_workspaces_goes_to_one_and_stays_subscribed(
    app: Flask,
    sandbox: Sandbox,
    people: People,
    browser: Callable[..., Browser],
) -> None:
    alice, dave = browser(people.alice, "aurora"), browser(people.dave, "borealis")
    alice.arrive(), dave.arrive()
    with meeting_after(app, "check"):
        reports = together(alice.connect, dave.connect)
    assert sum("Connected in another workspace" in report for report in reports) == 1
    assert len(held(app)) == 1
    assert subscribed(sandbox)


def test_connecting_and_disconnecting_at_once_leaves_channel_and_subscription_alike(
    app: Flask,
    sandbox: Sandbox,
    people: People,
    browser: Callable[..., Browser],
) -> None:
    alice = browser(people.alice, "aurora")
    alice.arrive()
    alice.connect()
    channel = held(app)[0]
    carol, dave = browser(people.carol, "aurora"), browser(people.dave, "borealis")
    dave.arrive()
    disconnection = f"/w/aurora/channels/{channel.id}/disconnection"
    together(lambda: carol.client.post(disconnection).text, dave.connect)
    assert len(held(app)) == int(subscribed(sandbox))


def test_two_callbacks_with_one_state_bring_one_grant(
    app: Flask,
    people: People,
    browser: Callable[..., Browser],
) -> None:
    alice = browser(people.alice, "aurora")
    pages = together(alice.arrive, alice.arrive)
    assert len(set(pages)) == 1
    with app.app_context():
        assert len(db.session().scalars(select(Grant)).all()) == 1


def test_two_logins_of_one_facebook_user_at_once_bring_one_grant(
    app: Flask, people: People, browser: Callable[..., Browser]
) -> None:
    """Two members press the button, and Facebook answers both in the same moment."""
    alice, carol = browser(people.alice, "aurora"), browser(people.carol, "aurora")
    with meeting_after(app, "probe_each"):
        together(alice.arrive, carol.arrive)
    assert all("can be connected" in one.client.get(one.page).text for one in (alice, carol))
    with app.app_context():
        assert len(db.session().scalars(select(Grant)).all()) == 1


def test_accounts_of_two_facebook_users_are_never_mixed(
    app: Flask, people: People, browser: Callable[..., Browser]
) -> None:
    """While the workspace has no account both logins are welcome; the first account decides."""
    alice, carol = browser(people.alice, "aurora"), browser(people.carol, "aurora", "陳先生")
    alice.arrive(), carol.arrive()
    other = "instagram:17841408833402002:104756382910475"
    with meeting_after(app, "check"):
        reports = together(
            carol.connect, lambda: alice.client.post(f"{alice.page}/channels", data={"account": [other]}).text
        )
    assert sum("Another Facebook user's accounts are connected" in unescape(report) for report in reports) == 1
    assert len(held(app)) == 1


def test_many_at_once_never_pass_the_plans_limit(app: Flask, people: People, browser: Callable[..., Browser]) -> None:
    with app.app_context(), db.transaction() as session:
        session.merge(people.aurora).channel_limit = 1
    alice, carol = browser(people.alice, "aurora"), browser(people.carol, "aurora")
    alice.arrive(), carol.arrive()
    other = "instagram:17841408833402002:104756382910475"
    with meeting_after(app, "check"):
        together(alice.connect, lambda: carol.client.post(f"{carol.page}/channels", data={"account": [other]}).text)
    assert len(held(app)) == 1


def test_a_page_that_is_wanted_again_while_it_is_unsubscribed_is_subscribed_again(
    app: Flask,
    sandbox: Sandbox,
    people: People,
    browser: Callable[..., Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dave's channel is stored after Carol's disconnection looked for others and before it unsubscribes."""
    alice = browser(people.alice, "aurora")
    alice.arrive()
    alice.connect()
    carol, dave = browser(people.carol, "aurora"), browser(people.dave, "borealis")
    dave.arrive()
    gate = app.extensions["meta"]
    unsubscribe = gate.unsubscribe

    def late(*given: object) -> None:
        together(dave.connect)
        unsubscribe(*given)

    monkeypatch.setattr(gate, "unsubscribe", late)
    carol.client.post(f"/w/aurora/channels/{held(app)[0].id}/disconnection")
    assert [one.workspace_id for one in held(app)] == [people.borealis.id]
    assert subscribed(sandbox)
