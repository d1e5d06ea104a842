"""kill -9 under load: what was answered 200 is in the inbox, once. `python -m bench.durable` does it for long."""

from bench.durable import prove, wrong
from tests.flows.conftest import ON_BOTH


@ON_BOTH
def test_every_delivery_that_was_answered_200_is_in_the_inbox_exactly_once(fresh_database: str) -> None:
    found = prove(fresh_database, rounds=1)
    assert wrong(found) == [], found
    assert found["acknowledged messages"] > 20
    assert found["kills"] >= 1


def test_a_door_that_answers_before_the_commit_is_caught_by_this_very_proof(fresh_database: str) -> None:
    assert prove(fresh_database, rounds=1, is_hasty=True)["lost"] > 0
