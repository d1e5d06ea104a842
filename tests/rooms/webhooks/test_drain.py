"""A steady flow of deliveries: taken in portions, and nobody works without end."""

import time
from threading import Event
from typing import Any

import pytest
from flask import Flask

from tests.people import People, make_channel
from tests.rooms.webhooks.stored import messages, store
from tests.rooms.webhooks.wire import dm
from webapp.webhooks import actions, jobs
from webapp.webhooks.drain import PORTION_EVERY, Drain


class Flow:
    """While one delivery is handled the next one comes. `began`: when each portion was begun, in seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        self.began: list[float] = []
        self.is_over = Event()
        self._real, self._most = actions.handle_some, most
        monkeypatch.setattr(actions, "handle_some", self._handle_some)
        store(dm(mid="0"))

    def _handle_some(self, **when: Any) -> bool:
        self.began.append(time.monotonic())
        more = self._real(**when)
        if len(self.began) < self._most:
            store(dm(mid=str(len(self.began))))
        else:
            self.is_over.set()
        return more


def test_the_drain_takes_a_steady_flow_in_portions(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(people.aurora, people.alice)
    flow, drain = Flow(monkeypatch, most=4), Drain(house)
    drain.start()
    drain.wake()
    assert flow.is_over.wait(10)
    drain.stop(10)
    pauses = [later - earlier for earlier, later in zip(flow.began, flow.began[1:], strict=False)]
    # The drain looks at the clock a moment before it begins.
    assert min(pauses[:3]) > PORTION_EVERY * 0.8
    assert len(messages()) == 4


def test_a_tick_handles_what_is_there_and_not_what_comes_meanwhile(
    house: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(people.aurora, people.alice)
    flow = Flow(monkeypatch, most=10)
    jobs.handle_due()
    assert len(flow.began) == 2
    assert [one.mid for one in messages()] == ["0"]
