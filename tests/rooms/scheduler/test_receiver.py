"""Another app is the default receiver: noticed, kept while it lasts, and over by itself."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask

from tests.people import NOON, People
from tests.rooms.scheduler.fake_meta import FakeMeta, as_meta
from tests.rooms.scheduler.test_trouble import connect, held
from webapp.channels.models import Hearing
from webapp.core import db
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, Probe, Routing, ThreadOwner
from webapp.scheduler import actions

HOUR = timedelta(hours=1)


class RoutedMeta(FakeMeta):
    """Says who answers, where that is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.routed = True
        self.owner: ThreadOwner | GraphError | None = ThreadOwner("", None)
        self.asked_about: list[str] = []

    def check(self, probes: Sequence[Probe]) -> list[Findings]:
        self.asked_about += [probe.listened_to for probe in probes if probe.listened_to]
        return super().check(probes)

    def _findings(self, probe: Probe) -> Findings:
        found = super()._findings(probe)
        if not probe.listened_to:
            return found
        routing = Routing(self.routed, self.routed)
        return Findings(found.token, found.page, found.subscribed, found.access, routing, self.owner)


@pytest.fixture
def meta(house: Flask, people: People) -> RoutedMeta:
    connect(people, 3)
    return RoutedMeta()


def hear(minute: int, *, standby: bool) -> None:
    """The first account's customer writes."""
    with db.transaction() as session:
        channel_id = held()[0].id
        at = NOON + timedelta(minutes=minute)
        hearing = session.get(Hearing, channel_id) or Hearing(channel_id=channel_id, delivery_id=1, heard_at=at)
        session.add(hearing)
        hearing.hear(1, at=at, standby=standby, contact_id="linda")


def causes_after(meta: RoutedMeta, hours: int) -> list[str | None]:
    actions.sweep(as_meta(meta), lambda: NOON + hours * HOUR)
    return [one.cause for one in held()]


def test_while_messages_come_to_us_nobody_is_asked_who_answers(meta: RoutedMeta) -> None:
    hear(-20, standby=True)
    hear(-10, standby=False)
    assert causes_after(meta, 0) == [None, None, None]
    assert meta.asked_about == []


def test_it_is_noticed_within_the_hour_kept_while_meta_does_not_say_and_over_when_messages_come_to_us_again(
    meta: RoutedMeta,
) -> None:
    hear(-20, standby=False)
    hear(-10, standby=True)
    assert causes_after(meta, 0) == ["other_receiver", None, None]
    assert meta.asked_about == ["linda"]
    for hours, silence in ((1, None), (2, GraphError(code=2)), (3, GraphError(code=100))):
        meta.owner = silence
        assert causes_after(meta, hours) == ["other_receiver", None, None]
    hear(200, standby=False)
    assert causes_after(meta, 4) == [None, None, None]
    assert len(meta.asked_about) == 4


def test_it_is_over_when_the_conversations_are_no_longer_routed(meta: RoutedMeta) -> None:
    hear(-10, standby=True)
    causes_after(meta, 0)
    meta.routed = False
    assert causes_after(meta, 1) == [None, None, None]


def test_a_conversation_that_a_colleague_took_in_metas_inbox_is_no_alarm(meta: RoutedMeta) -> None:
    hear(-10, standby=True)
    meta.owner = ThreadOwner("1217981644879628", None)
    assert causes_after(meta, 0) == [None, None, None]
