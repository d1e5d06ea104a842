"""Workers that are killed at random moments miss nothing and do nothing twice. Larger: python -m bench.kills."""

import os
from collections.abc import Iterator

import pytest

from bench.kills import Plan, prove
from tests import engines

PLAN = Plan(channels=240, processes=3, kills=12, limit=10, latency=0.05, pause=0.2, mail_pause=0.01)


@pytest.fixture
def empty_database() -> Iterator[str]:
    with engines.fresh_database(engines.postgresql(), f"test_kills_{os.getpid()}") as url:
        yield url


@pytest.mark.postgresql
def test_killed_workers_check_each_channel_once_and_tell_of_each_failure_once(empty_database: str) -> None:
    found, problems = prove(PLAN, empty_database)
    assert problems == []
    assert found["kills during the sweep"] > 0
