from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import NOON, People, make_channel
from webapp.channels.actions import Batch, Checking, Tally
from webapp.channels.models import Channel
from webapp.core import db
from webapp.meta.gateway import Meta
from webapp.scheduler import actions, queries
from webapp.scheduler.models import Round
from webapp.scheduler.rules import LEASE, SILENCE

HOUR = timedelta(hours=1)


class Checker(Checking):
    """Records each check as the real one does, except for channels that it is told to break on."""

    def __init__(self, *breaks_on: int) -> None:
        self.batches: list[list[int]] = []
        self.breaks_on = set(breaks_on)
        self.on_check: Callable[[], None] = lambda: None

    @property
    def checked(self) -> list[int]:
        return [channel_id for batch in self.batches for channel_id in batch]

    def __call__(self, meta: Meta, *, noticed_by: str) -> "Checker":
        assert noticed_by == "sweep"
        super().__init__(meta, noticed_by=noticed_by)
        return self

    def finish(self, batch: Batch) -> Tally:
        ids = [channel.id for channel in batch.channels]
        if self.breaks_on & set(ids):
            raise LookupError("a channel that breaks the check")
        self.on_check()
        self.batches.append(ids)
        with db.transaction() as session:
            for channel in session.scalars(select(Channel).where(Channel.id.in_(ids))):
                channel.checked_at, channel.next_check_at = batch.at, batch.at + HOUR
        return Tally(checked=len(ids), lost=1, healed=2, no_verdict=len(ids) // 2, requests=4)


def sweep(house: Flask, check: Checker, moment: datetime = NOON, limit: int = 48) -> None:
    actions.sweep(house.extensions["meta"], lambda: moment, limit=limit, checks=check)


def rounds() -> list[Round]:
    with db.transaction() as session:
        return list(session.scalars(select(Round).order_by(Round.id).execution_options(populate_existing=True)))


@pytest.fixture
def channel_ids(house: Flask, people: People) -> list[int]:
    """Five channels due at noon."""
    return [make_channel(people.aurora, people.alice, number=number).id for number in range(1, 6)]


def test_every_due_channel_is_checked_once_in_batches(house: Flask, channel_ids: list[int]) -> None:
    check = Checker()
    sweep(house, check, limit=2)
    sweep(house, check)
    assert sorted(check.checked) == channel_ids
    assert [len(batch) for batch in check.batches] == [2, 2, 1]


def test_an_hour_later_they_are_checked_again(house: Flask, channel_ids: list[int]) -> None:
    check = Checker()
    sweep(house, check)
    sweep(house, check, NOON + HOUR - timedelta(seconds=1))
    assert len(check.checked) == 5
    sweep(house, check, NOON + HOUR)
    assert sorted(check.checked) == sorted(channel_ids * 2)


def test_a_disconnected_channel_is_left_alone_and_a_lost_one_is_visited(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice, number=1, status="disconnected")
    lost = make_channel(people.aurora, people.alice, number=2, status="lost", cause="expired")
    check = Checker()
    sweep(house, check)
    assert check.checked == [lost.id]


def test_a_channel_that_is_not_due_waits(house: Flask, people: People) -> None:
    make_channel(people.aurora, people.alice, next_check_at=NOON + timedelta(seconds=1))
    check = Checker()
    sweep(house, check)
    assert check.checked == []


def test_the_round_adds_up_what_every_batch_found(house: Flask, channel_ids: list[int]) -> None:
    sweep(house, Checker(), limit=3)
    (swept,) = rounds()
    assert (swept.name, swept.began_at, swept.finished_at) == ("2026-11-22T12", NOON, NOON)
    assert (swept.checked, swept.lost, swept.healed, swept.no_verdict, swept.requests) == (5, 2, 4, 2, 8)


def test_channels_due_later_in_the_hour_are_counted_in_the_same_round(house: Flask, people: People) -> None:
    for number, minute in ((1, 0), (2, 20)):
        due = NOON + timedelta(minutes=minute)
        make_channel(people.aurora, people.alice, number=number, next_check_at=due)
    check = Checker()
    sweep(house, check)
    sweep(house, check, NOON + timedelta(minutes=20))
    (swept,) = rounds()
    assert swept.checked == 2
    assert swept.finished_at == NOON + timedelta(minutes=20)


def test_a_channel_that_breaks_the_check_keeps_no_other_from_being_checked(
    house: Flask, channel_ids: list[int]
) -> None:
    check = Checker(channel_ids[2])
    sweep(house, check)
    assert sorted(check.checked) == [one for one in channel_ids if one != channel_ids[2]]
    (swept,) = rounds()
    assert swept.checked == 4


def test_a_killed_process_loses_nothing_its_channels_come_back(house: Flask, channel_ids: list[int]) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    killed, other = Checker(), Checker()
    killed.on_check = die
    with pytest.raises(KeyboardInterrupt):
        sweep(house, killed, limit=2)
    sweep(house, other, NOON + timedelta(seconds=1))
    assert len(other.checked) == 1, "the killed one had taken two batches"
    sweep(house, other, NOON + LEASE)
    assert sorted(other.checked) == channel_ids


def test_while_one_process_checks_another_finds_only_the_rest(house: Flask, channel_ids: list[int]) -> None:
    one, other = Checker(), Checker()
    one.on_check = lambda: sweep(house, other) if not other.batches else None
    sweep(house, one, limit=2)
    assert sorted(one.checked + other.checked) == channel_ids
    assert len(one.checked) == 4


def test_an_hour_without_channels_has_its_round_too(house: Flask, people: People) -> None:
    for minutes in (0, 1, 59, 60):
        sweep(house, Checker(), NOON + timedelta(minutes=minutes))
    assert [one.name for one in rounds()] == ["2026-11-22T12", "2026-11-22T13"]
    assert all(one.finished_at for one in rounds())


def test_no_round_is_finished_while_a_channel_goes_unchecked(house: Flask, channel_ids: list[int]) -> None:
    check, later = Checker(*channel_ids), NOON + timedelta(hours=2)
    sweep(house, check, later)
    assert [one.finished_at for one in rounds()] == [None]
    assert queries.overview(later).silent
    check.breaks_on = set()
    sweep(house, check, later + LEASE)
    assert [one.finished_at for one in rounds()] == [later + LEASE]
    assert not queries.overview(later + LEASE).silent


def test_after_three_days_of_silence_every_channel_is_checked_once(house: Flask, channel_ids: list[int]) -> None:
    check = Checker()
    sweep(house, check)
    later = NOON + timedelta(days=3)
    assert queries.overview(later).silent
    sweep(house, check, later)
    assert sorted(check.checked) == sorted(channel_ids * 2)
    assert not queries.overview(later).silent


def test_run_now_makes_every_held_channel_due_in_a_round_of_its_own(house: Flask, people: People) -> None:
    held = make_channel(people.aurora, people.alice, number=1, next_check_at=NOON + HOUR)
    make_channel(people.aurora, people.alice, number=2, next_check_at=NOON + HOUR, status="disconnected")
    sweep(house, Checker())
    pressed = NOON + timedelta(minutes=3)
    actions.run_now(people.alice.id, pressed)
    check = Checker()
    sweep(house, check, pressed)
    assert check.checked == [held.id]
    hourly, own = rounds()
    assert (hourly.checked, own.checked) == (0, 1)
    assert own.finished_at == pressed


def test_work_of_a_slow_process_is_counted_where_it_was_taken(house: Flask, channel_ids: list[int]) -> None:
    """The other process finishes the pressed round while the first is still checking for it."""
    pressed = actions.run_now(1, NOON).id
    slow, other = Checker(), Checker()
    slow.on_check = lambda: sweep(house, other) if not other.batches else None
    sweep(house, slow, limit=2)
    assert [(one.id, one.checked) for one in rounds()] == [(pressed, 5)]


def test_silence_needs_channels_and_ninety_minutes(house: Flask, people: People) -> None:
    assert not queries.overview(NOON).silent, "nothing is connected, so nothing is missed"
    make_channel(people.aurora, people.alice)
    sweep(house, Checker())
    assert not queries.overview(NOON + SILENCE).silent
    assert queries.overview(NOON + SILENCE + timedelta(seconds=1)).silent
