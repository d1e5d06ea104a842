"""The page of one channel: what to do now, its thirty days, its interruptions."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import NOON, People, make_channel
from webapp.accounts.models import Person
from webapp.channels.actions.ask import Asked
from webapp.channels.actions.notify import notify_due
from webapp.channels.actions.record import Tally, record_portions
from webapp.channels.actions.watched import load
from webapp.channels.doubt import Trouble
from webapp.channels.models import Channel
from webapp.channels.rules import HEALTHY, Verdict
from webapp.channels.status import Status
from webapp.core import clock, db
from webapp.meta.errors import Cause

Enter = Callable[[FlaskClient, Person], FlaskClient]
LIST = "/w/aurora/social-channels"
REFUSED = {"code": 190, "subcode": 460, "trace_id": "AbCdEf123"}
PASSWORD_CHANGED = Verdict(Status.LOST, Cause.PASSWORD_CHANGED, REFUSED)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def alice(client: FlaskClient, people: People, sign_in: Enter) -> FlaskClient:
    return sign_in(client, people.alice)


@pytest.fixture
def story(app: Flask, people: People) -> Channel:
    """Connected twenty days ago; two days ago lost for 3 h 20 min until Carol repaired it."""
    with app.app_context():
        long_ago = NOON - timedelta(days=20)
        channel = make_channel(
            people.aurora, people.alice, status="disconnected", verdict_at=NOON, authorized_at=long_ago
        )
        begin = NOON - timedelta(days=2)
        become(channel, HEALTHY, "connect", long_ago, people.alice)
        become(channel, PASSWORD_CHANGED, "sweep", begin)
        become(channel, HEALTHY, "authorization", begin + timedelta(hours=3, minutes=20), people.carol)
    return channel


def become(channel: Channel, verdict: Verdict, by: str, at: object, person: Person | None = None) -> None:
    with db.transaction() as session:
        row = session.get_one(Channel, channel.id, populate_existing=True)
        row.become(verdict, noticed_by=by, now=at, person_id=person.id if person else None)  # type: ignore[arg-type]


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace(" :", ":")


def test_a_day_tells_its_story(alice: FlaskClient, story: Channel) -> None:
    page = words(alice.get(f"/w/aurora/channels/{story.id}").text)
    told = re.search("20 Nov: lost 3 h 20 min, (.+?); repaired by Carol", page)
    assert told
    assert told.group(1).startswith("The Facebook password was changed")
    assert "21 Nov: worked all day" in page
    assert "1 Nov: not connected" in page
    assert "Last 30 days: trouble on 1 day" in page


def test_a_colleague_reads_the_same_days(client: FlaskClient, people: People, sign_in: Enter, story: Channel) -> None:
    page = words(sign_in(client, people.bob).get(f"/w/aurora/channels/{story.id}").text)
    assert "lost 3 h 20 min" in page


def test_an_interruption_shows_its_evidence_and_who_ended_it(alice: FlaskClient, story: Channel) -> None:
    page = words(alice.get(f"/w/aurora/channels/{story.id}").text)
    for fact in ("190/460", "AbCdEf123", "noticed by the hourly check", "after a login on Facebook (Carol)"):
        assert fact in page
    assert "About to be written" not in page


@pytest.mark.parametrize("name", ["bob", "mark"])
def test_who_may_not_repair_it_reads_the_cause_but_no_codes_and_no_names_of_those_mailed(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter, story: Channel, name: str
) -> None:
    with app.app_context():
        become(story, PASSWORD_CHANGED, "sweep", NOON)
        notify_due(NOON + timedelta(minutes=5))
    page = words(sign_in(client, getattr(people, name)).get(f"/w/aurora/channels/{story.id}").text)
    assert "The Facebook password was changed" in page
    assert "Ask Alice, Carol to repair it" in page
    for evidence in ("190", "AbCdEf123", "Mail to", "For support"):
        assert evidence not in page


def test_what_to_do_now_is_a_list_for_those_who_may(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter, story: Channel
) -> None:
    with app.app_context():
        become(story, Verdict(Status.LOST, Cause.SECURITY_CHECK), "sweep", NOON)
    page = sign_in(client, people.alice).get(f"/w/aurora/channels/{story.id}").text
    assert "Only then come back and press “Reauthorise”" in page
    client.post("/sign-out")
    page = words(sign_in(client, people.bob).get(f"/w/aurora/channels/{story.id}").text)
    assert "Facebook asks for a security check Ask Alice, Carol to repair it." in page
    assert "“Reauthorise”" not in page


def test_what_nobody_could_check_is_said_in_the_row_and_in_the_strip(
    app: Flask, alice: FlaskClient, people: People, story: Channel
) -> None:
    with app.app_context(), db.transaction() as session:
        session.get_one(Channel, story.id, populate_existing=True).verdict_at = NOON - timedelta(hours=9)
    assert "Not checked since 9 hours ago" in words(alice.get(LIST).text)
    assert "could not be checked 9 h" in words(alice.get(f"/w/aurora/channels/{story.id}").text)


def test_a_row_shows_its_strip_and_a_screen_reader_hears_it_in_a_sentence(alice: FlaskClient, story: Channel) -> None:
    row = alice.get(LIST).text.split('class="account is-')[1]
    assert 'aria-label="Last 30 days: trouble on 1 day"' in row
    assert {"is-none", "is-connected", "is-lost"} <= set(re.findall(r'<path class="([\w-]+)"', row))


def test_the_strips_of_a_whole_list_are_one_question(
    app: Flask, alice: FlaskClient, people: People, asked: list[str]
) -> None:
    with app.app_context():
        for number in range(1, 7):
            become(make_channel(people.aurora, people.alice, number=number), PASSWORD_CHANGED, "sweep", NOON)
    page = alice.get(LIST).text
    assert page.count("strip-small") == 6
    assert len([one for one in asked if "FROM status_change" in one]) == 1


def test_a_stretch_without_verdict_stays_in_the_strip_after_it_is_over(
    app: Flask, alice: FlaskClient, people: People, story: Channel
) -> None:
    with app.app_context():
        with db.transaction() as session:
            session.get_one(Channel, story.id, populate_existing=True).verdict_at = NOON - timedelta(hours=9)
        for hours in (-9, -5, -1):
            verdict = Verdict(None) if hours == -5 else HEALTHY
            asked = Asked(load([story.id]), {story.id: verdict}, {}, frozenset(), Trouble(), 1)
            record_portions([asked], Tally(), now=NOON + timedelta(hours=hours), noticed_by="sweep")
    assert "could not be checked 8 h" in words(alice.get(f"/w/aurora/channels/{story.id}").text)
    assert "Not checked since" not in words(alice.get(LIST).text)


def test_a_page_that_stays_open_learns_that_its_state_became_old(
    app: Flask, alice: FlaskClient, story: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), db.transaction() as session:
        session.get_one(Channel, story.id, populate_existing=True).verdict_at = NOON - timedelta(minutes=179)
    asked = [
        next(one for one in re.findall(r'hx-get="([^"]+)"', alice.get(page).text) if part in one).replace("&amp;", "&")
        for page, part in ((LIST, "/accounts?"), (f"/w/aurora/channels/{story.id}", "/state?"))
    ]
    assert [alice.get(address).status_code for address in asked] == [204, 204]
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=2))
    assert ["Not checked since" in alice.get(address).text for address in asked] == [True, True]
