"""The hourly check is told when a login's access to data ends: people are warned by what is true as of this hour."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from tests.people import NOON
from tests.rooms.channels.story import Story
from webapp.channels.actions import check_channels
from webapp.channels.actions.ends import MovedEnd, moved_end
from webapp.channels.actions.watched import Watched
from webapp.channels.models import Channel, Grant, Incident
from webapp.core import clock, db
from webapp.core.crypto import Secret
from webapp.mail.models import OutgoingMail
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, Meta, Probe, TokenState

WARNING = "The access to data that 林小姐 gave ends in 3 days"
SOON = NOON + timedelta(days=3)


def check(channel: Channel) -> None:
    check_channels([channel.id], meta=current_app.extensions["meta"], now=clock.now(), noticed_by="sweep")


def grant() -> Grant:
    db.leave()
    return db.session().scalars(select(Grant).execution_options(populate_existing=True)).one()


def shown(story: Story) -> str:
    page = story.client.get("/w/aurora/social-channels").text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_an_end_that_moved_is_warned_of_within_the_hour_and_so_is_its_moving_away(
    house: Flask, story: Story, connected: Channel, asked: list[str]
) -> None:
    known = grant()
    token_ends, data_ends = known.expires_at, known.data_access_expires_at
    check(connected)
    assert WARNING not in shown(story)
    for soon in (True, False):
        story.sandbox.control("causes", cause="expires_soon", person="林小姐", on=soon)
        revision = db.session().get_one(Channel, connected.id, populate_existing=True).revision
        check(connected)
        assert (WARNING in shown(story)) is soon
        # A page that is open hears of it, and only of it: the user's token ends when it always did.
        assert db.session().get_one(Channel, connected.id, populate_existing=True).revision == revision + 1
        assert grant().expires_at == token_ends
    end = grant().data_access_expires_at
    assert end is not None
    assert data_ends is not None
    assert end > data_ends - timedelta(days=31)
    assert not db.session().scalars(select(Incident)).all()
    assert not db.session().scalars(select(OutgoingMail)).all()
    db.leave()
    asked.clear()
    check(connected)
    assert not [one for one in asked if "UPDATE facebook_grant" in one]


def test_an_answer_from_before_a_login_does_not_bring_its_old_end_back(
    house: Flask, story: Story, connected: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.sandbox.control("causes", cause="expires_soon", person="林小姐", on=True)
    meta: Meta = house.extensions["meta"]
    ask, of_the_login = meta.check, clock.now().replace(microsecond=0) + timedelta(days=89)

    def meanwhile(probes: Sequence[Probe]) -> list[Findings]:
        found = ask(probes)
        with house.app_context(), db.transaction() as session:
            session.scalars(select(Grant)).one().data_access_expires_at = of_the_login
        return found

    monkeypatch.setattr(meta, "check", meanwhile)
    check(connected)
    assert grant().data_access_expires_at == of_the_login


def test_a_page_that_kept_its_token_from_an_earlier_login_does_not_know_of_the_newest(
    house: Flask, story: Story, connected: Channel
) -> None:
    with db.transaction() as session:
        login = session.scalars(select(Grant)).one()
        login.granted_at, known = connected.authorized_at + timedelta(seconds=1), login.data_access_expires_at
    story.sandbox.control("causes", cause="expires_soon", person="林小姐", on=True)
    check(connected)
    assert grant().data_access_expires_at == known


TOKEN = TokenState(True, type="PAGE", user_id="7001", data_access_expires_at=SOON)
CHANNEL = Watched(
    1, "instagram", "1784", "1001", Secret("page"), 5, Secret("user"), "connected", None, NOON, NOON, NOON, None, None,
    login_of="7001", data_ends_at=NOON + timedelta(days=60),
)  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "told", "moves"),
    [
        (CHANNEL, TOKEN, True),
        (replace(CHANNEL, data_ends_at=None), TOKEN, True),
        # Nothing new; nothing told; of a dead token; not told at all.
        (replace(CHANNEL, data_ends_at=SOON), TOKEN, False),
        (CHANNEL, replace(TOKEN, data_access_expires_at=None), False),
        (CHANNEL, replace(TOKEN, is_valid=False), False),
        (CHANNEL, GraphError(code=2), False),
        # The Page token's own end, the token of an earlier login or of another person, and of nobody's login.
        (CHANNEL, replace(TOKEN, data_access_expires_at=None, expires_at=SOON), False),
        (replace(CHANNEL, login_of=None), TOKEN, False),
        (CHANNEL, replace(TOKEN, user_id="7002"), False),
        (replace(CHANNEL, grant_id=None, login_of=None, data_ends_at=None), TOKEN, False),
    ],
)
def test_only_what_is_said_of_the_persons_newest_login_moves_its_end(
    channel: Watched, told: TokenState | GraphError, moves: bool
) -> None:
    assert moved_end(channel, told) == (MovedEnd(5, channel.data_ends_at, SOON) if moves else None)
