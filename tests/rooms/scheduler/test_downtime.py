"""After downtime everything is due at once: spread below the app's limit, and nobody is told a second time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Flask

from tests.people import NOON, People
from tests.rooms.scheduler.fake_meta import FakeMeta, as_meta
from tests.rooms.scheduler.test_trouble import connect, held, mails, sweep
from webapp.channels.actions.notify import notify_due
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, Probe
from webapp.scheduler import actions


class Limited(FakeMeta):
    """Counts its calls over a rolling hour, as Meta does, and tells how much of the app's limit they are."""

    def __init__(self, calls_an_hour: int) -> None:
        super().__init__()
        self.limit = calls_an_hour
        self.now = NOON
        self.calls: list[datetime] = []
        self.highest = 0
        self.app_usage = {"call_count": 0}

    def check(self, probes: Sequence[Probe]) -> list[Findings]:
        self.calls += [self.now] * (4 * len(probes))
        used = 100 * sum(at > self.now - timedelta(hours=1) for at in self.calls) // self.limit
        self.app_usage, self.highest = {"call_count": used}, max(used, self.highest)
        return super().check(probes)


def test_after_days_of_downtime_a_sweep_beyond_the_limit_is_spread_below_eighty_percent(
    house: Flask, people: People
) -> None:
    """260 channels that have all been due for three days, of an app that may make 1,000 calls an hour."""
    connect(people, 260)
    meta = Limited(calls_an_hour=1000)
    began = meta.now = NOON + timedelta(days=3)
    while len(meta.asked) < 260 and meta.now < began + timedelta(minutes=65):
        actions.sweep(as_meta(meta), lambda: meta.now, limit=25)
        meta.now += timedelta(minutes=1)
    assert 70 <= meta.highest <= 80
    assert len(set(meta.asked)) == 260, "within an hour and a few minutes"
    assert mails() == []


def test_after_three_days_of_downtime_everybody_is_checked_and_nobody_is_told_a_second_time(
    house: Flask, people: People
) -> None:
    connect(people, 8)
    meta = FakeMeta()
    meta.errors[held()[0].page_id] = GraphError(code=190, subcode=460)
    sweep(meta)
    notify_due(NOON + timedelta(minutes=1))
    told = mails()
    assert len(told) == 2, "Alice and Carol"
    meta.asked.clear()
    sweep(meta, timedelta(days=3))
    notify_due(NOON + timedelta(days=3, minutes=1))
    assert len(meta.asked) == 8
    assert mails() == told
