"""What was asked with a token that is no longer there says nothing about the new one."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.people import NOON, People, make_channel
from tests.rooms.scheduler.fake_meta import FakeMeta, as_meta
from webapp.channels.actions import check_channels, report_refusal
from webapp.channels.actions import record as recording
from webapp.channels.actions.record import AFTER_LOGIN
from webapp.channels.models import Channel
from webapp.channels.rules import SETTLING, Verdict, is_too_early
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.meta.errors import Cause, GraphError
from webapp.meta.gateway import Findings, Probe, TokenState

DEAD = GraphError(code=190, subcode=460)
REFUSED = GraphError(code=10)
SECOND = timedelta(seconds=1)
TOKEN_DEAD = Verdict(Status.LOST, Cause.PASSWORD_CHANGED, by_token=True)
ROLE_LOST = Verdict(Status.LOST, Cause.ROLE_LOST)


class OldTokenDies(FakeMeta):
    """Refuses one token; `meanwhile` happens after it was asked with and before the answer is there."""

    def __init__(self, old: str, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.old, self.meanwhile = old, meanwhile

    def check(self, probes: Sequence[Probe]) -> list[Findings]:
        found = super().check(probes)
        if any(probe.page_token.reveal() == self.old for probe in probes):
            self.meanwhile()
            return [Findings(TokenState(False, error=DEAD), DEAD, DEAD, DEAD) for _ in probes]
        return found


@pytest.fixture
def shop(house: Flask, people: People) -> Channel:
    long_ago = NOON - timedelta(days=3)
    return make_channel(people.aurora, people.alice, connected_at=long_ago, authorized_at=long_ago)


def again(channel: Channel) -> Channel:
    with db.transaction() as session:
        return session.get_one(Channel, channel.id, populate_existing=True)


def authorize(channel: Channel, at: datetime) -> None:
    with db.transaction() as session:
        # The account that the fake shows to a token is the token's text.
        session.get_one(Channel, channel.id, populate_existing=True).authorize(Secret(channel.external_id), now=at)


def test_an_answer_to_the_old_token_does_not_lose_an_account_that_was_reauthorised_meanwhile(shop: Channel) -> None:
    """The login began before the check and ended while Meta answered it."""

    def reauthorise() -> None:
        authorize(shop, NOON)
        check_channels([shop.id], meta=as_meta(FakeMeta()), now=NOON, noticed_by=AFTER_LOGIN)

    meta = OldTokenDies("page-token-1", reauthorise)
    check_channels([shop.id], meta=as_meta(meta), now=NOON + SECOND, noticed_by="sweep")
    assert again(shop).status == "connected"


def test_the_same_answer_loses_it_where_nobody_reauthorised(shop: Channel) -> None:
    meta = OldTokenDies("page-token-1", lambda: None)
    check_channels([shop.id], meta=as_meta(meta), now=NOON + SECOND, noticed_by="sweep")
    assert again(shop).status == "lost"


@pytest.mark.parametrize(("reauthorised", "status"), [(True, "connected"), (False, "lost")])
def test_a_reply_refused_with_the_old_token_says_nothing_of_the_new_one(
    shop: Channel, reauthorised: bool, status: str
) -> None:
    read = again(shop).authorized_at
    if reauthorised:
        authorize(shop, NOON)
    report_refusal(shop.id, DEAD, noticed_by="send", now=NOON + SECOND, authorized_at=read)
    assert again(shop).status == status


def test_two_logins_of_one_moment_can_be_told_apart(shop: Channel) -> None:
    moments = set()
    for _ in range(3):
        authorize(shop, NOON)
        moments.add(again(shop).authorized_at)
    assert len(moments) == 3


@pytest.mark.parametrize(
    ("verdict", "after", "early"),
    [
        (ROLE_LOST, SETTLING - SECOND, True),
        (ROLE_LOST, SETTLING, False),
        (TOKEN_DEAD, SECOND, False),
        (Verdict(Status.ATTENTION, Cause.ACCESS_OFF), SECOND, True),
        (Verdict(Status.CONNECTED), SECOND, False),
    ],
)
def test_for_five_minutes_only_the_token_s_own_answer_counts(verdict: Verdict, after: timedelta, early: bool) -> None:
    long_ago = NOON - timedelta(days=3)
    assert is_too_early(verdict, connected_at=long_ago, authorized_at=NOON, now=NOON + after) is early
    assert not is_too_early(verdict, connected_at=NOON, authorized_at=NOON, now=NOON + after), "only just connected"


def test_a_refusal_right_after_a_reauthorisation_is_looked_at_again_and_counts_then(shop: Channel) -> None:
    authorize(shop, NOON)
    meta = FakeMeta()
    meta.everywhere = REFUSED
    check_channels([shop.id], meta=as_meta(meta), now=NOON + SECOND, noticed_by="sweep")
    assert again(shop).status == "connected"
    next_check_at = again(shop).next_check_at
    assert next_check_at <= NOON + timedelta(minutes=11)
    check_channels([shop.id], meta=as_meta(meta), now=next_check_at, noticed_by="sweep")
    assert again(shop).status == "lost"


def test_two_accounts_of_a_login_that_are_refused_at_once_do_not_wait_for_each_other(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [make_channel(people.aurora, people.alice, number=number).id for number in (1, 2)]
    both = threading.Barrier(2)
    ask_siblings = recording._ask_siblings_soon

    def together(logins: Iterable[int | None], now: datetime) -> None:
        both.wait(10)
        ask_siblings(logins, now)

    monkeypatch.setattr(recording, "_ask_siblings_soon", together)

    def refuse(channel_id: int) -> None:
        with house.app_context():
            report_refusal(channel_id, DEAD, noticed_by="send", now=NOON)

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(refuse, ids)) == [None, None]
