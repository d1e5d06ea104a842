"""Every step of a trip to Facebook meets every fault: a sentence, nothing half-stored, and a later try works."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import delete, func, select, update

from tests.rooms.channels.story import Story
from webapp.channels.models import Authorization, Channel, Grant, PendingGrant, StatusChange
from webapp.core import clock, db
from webapp.meta import oauth
from webapp.meta.gateway import SCOPES

MORNING = "17841405822301001"
MORNING_PAGE = "102938475610293"
# Seconds that the gate waits for a slow answer here, and for any other.
PATIENCE, USUAL_PATIENCE = 0.4, 5.0

# What is asked while the callback is open, by endpoint; an empty one meets every request.
LOGIN_STEPS = {
    "code exchange": "oauth/access_token",
    "who it is": "me",
    "token's state": "debug_token",
    "permissions": "me/permissions",
    "listing": "me/accounts",
    "portfolios": "me/businesses",
    "Pages of a portfolio": "*/owned_pages",
    "Page left out of the listing": "113765849201376",
}
CONNECT_STEPS = {
    "the whole batch": "",
    "Page": MORNING_PAGE,
    "subscription": f"{MORNING_PAGE}/subscribed_apps",
    "Page token's state": "debug_token",
}
FAULTS = ("outage", "slow", "garbage", "drop", "rate_limited")
LANGUAGES = {"en": "Facebook did not answer", "zh_Hant_TW": "Facebook 沒有回應"}


@pytest.fixture(autouse=True)
def usual_patience(app: Flask) -> Iterator[None]:
    """A test that failed in the middle of a slow answer leaves the gate as it found it."""
    transport = app.extensions["meta"].transport
    before = transport.settings
    yield
    transport.settings = before


def broken(story: Story, fault: str, endpoint: str, on: bool) -> None:
    transport = story.client.application.extensions["meta"].transport
    patience = PATIENCE if on and fault == "slow" else USUAL_PATIENCE
    transport.settings = replace(transport.settings, timeout=patience)
    # A batch may take three times as long as one request.
    story.sandbox.control("causes", cause=fault, endpoint=endpoint, seconds=PATIENCE * 4, on=on)


@contextmanager
def meeting(story: Story, fault: str, endpoint: str) -> Iterator[None]:
    broken(story, fault, endpoint, on=True)
    yield
    broken(story, fault, endpoint, on=False)


def watch(story: Story) -> str:
    """What the asking page shows of the trip."""
    return story.client.get("/w/aurora/authorizations/watch?since=0", headers={"HX-Request": "true"}).text


def stored(story: Story) -> list[int]:
    with story.client.application.app_context():
        return [db.session().scalar(select(func.count()).select_from(one)) or 0 for one in _WATCHED]


_WATCHED = (Grant, PendingGrant, Channel, StatusChange)


@pytest.mark.parametrize("step", LOGIN_STEPS)
def test_a_login_that_meets_a_fault_says_so_and_stores_nothing(story: Story, step: str) -> None:
    for fault in FAULTS:
        callback = story.in_dialog(story.press_connect())
        with meeting(story, fault, LOGIN_STEPS[step]):
            page = story.land(callback)
        for language, sentence in LANGUAGES.items():
            story.client.set_cookie("language", language)
            answer = story.client.get(page)
            assert answer.status_code < 500, fault
            assert sentence in answer.text, fault
        assert stored(story) == [0, 0, 0, 0], fault
    story.client.set_cookie("language", "en")
    assert "@morninglight.coffee" in story.connect(MORNING)
    assert stored(story)[2] == 1


@pytest.mark.parametrize("step", CONNECT_STEPS)
def test_connecting_that_meets_a_fault_says_so_and_stores_nothing(story: Story, step: str) -> None:
    page = story.land(story.in_dialog(story.press_connect()))
    for fault, (language, sentence) in zip(FAULTS, cycle(LANGUAGES.items()), strict=False):
        story.client.set_cookie("language", language)
        with meeting(story, fault, CONNECT_STEPS[step]):
            assert sentence in story.choose(page, MORNING), fault
        assert stored(story) == [1, 0, 0, 0], fault
    story.client.set_cookie("language", "en")
    assert "Connected" in story.choose(page, MORNING)
    assert stored(story)[2] == 1


@contextmanager
def broken_during(story: Story, method: str, fault: str, endpoint: str) -> Iterator[list[str]]:
    """The fault lasts as long as one question of the gate; yields where it was met."""
    gate, met = story.client.application.extensions["meta"], []
    ask = getattr(gate, method)

    def asked(*args: object, **named: object) -> object:
        met.append(method)
        broken(story, fault, endpoint, on=True)
        try:
            return ask(*args, **named)
        finally:
            broken(story, fault, endpoint, on=False)

    setattr(gate, method, asked)
    try:
        yield met
    finally:
        delattr(gate, method)


def test_the_long_lived_exchange_that_meets_a_fault_says_so_and_stores_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, met = oauth._Session.fetch_token, []

    def second_fails(self: oauth._Session, *args: object, **named: object) -> object:
        is_second = named["grant_type"] == "fb_exchange_token"
        met.append(is_second)
        broken(story, fault, LOGIN_STEPS["code exchange"], on=is_second)
        return fetch(self, *args, **named)

    monkeypatch.setattr(oauth._Session, "fetch_token", second_fails)
    for fault in FAULTS:
        page = story.land(story.in_dialog(story.press_connect()))
        broken(story, fault, LOGIN_STEPS["code exchange"], on=False)
        assert LANGUAGES["en"] in story.client.get(page).text, fault
        assert stored(story) == [0, 0, 0, 0]
    assert met == [False, True] * len(FAULTS)


def test_a_login_whose_message_probe_meets_a_fault_still_offers_its_accounts(story: Story) -> None:
    """The probe only tells beforehand who will be refused; connecting asks again."""
    for fault in FAULTS:
        with broken_during(story, "probe_each", fault, "*/conversations") as met:
            page = story.land(story.in_dialog(story.press_connect()))
        assert met == ["probe_each"]
        assert "@morninglight.coffee" in story.client.get(page).text, fault
        assert f'value="instagram:{MORNING}' in story.client.get(page).text, fault
        assert stored(story) == [1, 0, 0, 0]


@pytest.mark.parametrize("endpoint", [f"{MORNING_PAGE}/subscribed_apps", f"{MORNING_PAGE}/conversations"])
def test_a_fault_at_the_last_questions_leaves_nothing_half_connected(story: Story, endpoint: str) -> None:
    """Read-back and message probe: what Meta just let us do counts, unless the whole answer is lost."""
    page = story.land(story.in_dialog(story.press_connect()))
    ends = {}
    for fault in FAULTS:
        with broken_during(story, "check", fault, endpoint) as met:
            said = story.choose(page, MORNING)
        assert met == ["check"]
        ends[fault] = LANGUAGES["en"] not in said
        assert stored(story)[2] == ends[fault]
        with story.client.application.app_context(), db.transaction() as session:
            assert session.scalars(select(Channel.status)).all() == ["connected"] * ends[fault]
            session.execute(delete(Channel))
    assert ends["outage"]
    assert ends["rate_limited"]


# Facebook's own pages on the way, and what a person presses on each.
DIALOG_STEPS = {
    "person": {"person": "10158249017483553"},
    "pages": {"which": "all"},
    "instagram": {"which": "all"},
    "permissions": {"permission": list(SCOPES)},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_dialog_that_is_slow_or_broken_at_any_step_keeps_the_asking_page_waiting(story: Story, fault: str) -> None:
    """The person reloads Facebook's page until it works; nothing of ours is hurt, and the login still comes in."""
    facebook = requests.Session()

    def press(step: str, method: str, address: str, **given: Any) -> str:
        """First in vain, then once more; returns where it leads."""
        with meeting(story, fault, f"dialog/{step}"):
            began = time.monotonic()
            try:
                broken_page = facebook.request(method, address, timeout=5, allow_redirects=False, **given)
            except requests.ConnectionError:
                assert fault == "drop"
            else:
                assert fault != "slow" or time.monotonic() - began >= PATIENCE
                assert fault == "slow" or broken_page.status_code != 303
            assert "Finish in the Facebook tab" in watch(story)
            assert stored(story) == [0, 0, 0, 0]
        if fault == "slow":
            return urljoin(address, broken_page.headers["Location"])
        answer = facebook.request(method, address, timeout=5, allow_redirects=False, **given)
        return urljoin(address, answer.headers["Location"])

    page = press("oauth", "GET", story.press_connect())
    for step, given in DIALOG_STEPS.items():
        page = press(step, "POST", f"{page.rsplit('/', 1)[0]}/{step}", data=given)
    assert "/facebook/callback?code=" in page
    story.land(urlsplit(page)._replace(scheme="", netloc="", fragment="").geturl())
    assert "@morninglight.coffee" in watch(story)
    assert stored(story)[:3] == [1, 0, 0]


def test_the_second_page_of_the_listing_breaks_off(story: Story) -> None:
    """A short list would pass for Pages that were not ticked, so it counts as none."""
    story.sandbox.control("pages", person="林小姐", count=120)
    callback = story.in_dialog(story.press_connect())
    gate = story.client.application.extensions["meta"]
    get, asked = gate.transport.get, []

    def second_fails(path: str, token: object, **params: str) -> object:
        if path == "me/accounts":
            asked.append(params.get("after"))
            broken(story, "outage", "me/accounts", on=len(asked) == 2)
        return get(path, token, **params)

    gate.transport.get = second_fails
    try:
        page = story.land(callback)
    finally:
        gate.transport.get = get
        broken(story, "outage", "me/accounts", on=False)
    assert asked[1] is not None
    assert LANGUAGES["en"] in story.client.get(page).text
    assert stored(story) == [0, 0, 0, 0]


def test_facebook_refusing_the_code_says_so_and_stores_nothing(story: Story) -> None:
    callback = story.in_dialog(story.press_connect())
    page = story.land(re.sub(r"code=[^&]*", "code=spent", callback))
    shown = story.client.get(page)
    assert shown.status_code == 200
    assert "Nothing was changed" in shown.text
    assert stored(story) == [0, 0, 0, 0]


def test_a_state_that_expired_says_so(story: Story) -> None:
    callback = story.in_dialog(story.press_connect())
    with story.client.application.app_context(), db.transaction() as session:
        session.execute(update(Authorization).values(began_at=clock.now() - timedelta(minutes=16)))
    page = story.land(callback)
    assert "The Facebook window was open for too long" in story.client.get(page).text
    assert "The Facebook window was open for too long" in watch(story)
    story.client.set_cookie("language", "zh_Hant_TW")
    assert "15 分鐘" in story.client.get(page).text
    assert stored(story) == [0, 0, 0, 0]


def test_the_back_button_after_connecting_shows_what_is_connected(story: Story) -> None:
    callback = story.in_dialog(story.press_connect())
    page = story.land(callback)
    story.choose(page, MORNING)
    assert story.land(callback) == page
    assert "Already connected" in story.client.get(page).text
    assert stored(story)[2] == 1
