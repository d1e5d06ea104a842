"""What is hardly anybody's account: pure rules."""

import pytest

from webapp.channels.doubt import UNTOLD_PAUSE, Suspicion, in_doubt, is_throttled, page_pause, trouble
from webapp.channels.rules import HEALTHY, NO_VERDICT, Verdict
from webapp.channels.status import Status
from webapp.meta.errors import AppRefused, Cause, GraphError
from webapp.meta.gateway import Findings, TokenState

WELL = ("connected", None)
CANCELLED = Verdict(Status.LOST, Cause.PERMISSION_CANCELLED)


def suspicions(
    count: int, verdict: Verdict, *, logins: int = 10, was: tuple[str, str | None] = WELL
) -> list[Suspicion]:
    return [Suspicion(number, number % logins, was, verdict) for number in range(count)]


def found(error: GraphError) -> Findings:
    return Findings(TokenState(True), error, frozenset({"messages"}), True)


def test_many_logins_failing_alike_without_their_tokens_being_named_are_doubted() -> None:
    assert in_doubt(suspicions(6, CANCELLED)) == set(range(6))


def test_a_token_that_was_named_is_never_doubted() -> None:
    assert in_doubt(suspicions(6, Verdict(Status.LOST, Cause.PASSWORD_CHANGED, by_token=True))) == set()


def test_one_persons_doing_is_not_doubted_however_many_accounts_it_meets() -> None:
    assert in_doubt(suspicions(20, CANCELLED, logins=2)) == set()


def test_a_few_are_not_doubted() -> None:
    assert in_doubt(suspicions(4, CANCELLED)) == set()


def test_the_smaller_half_is_not_doubted() -> None:
    assert in_doubt(suspicions(6, CANCELLED) + suspicions(6, HEALTHY)) == set()


def test_what_was_broken_before_stays_broken() -> None:
    assert in_doubt(suspicions(6, CANCELLED, was=("lost", Cause.PERMISSION_CANCELLED))) == set()


@pytest.mark.parametrize("verdict", [HEALTHY, NO_VERDICT])
def test_health_and_silence_are_nothing_to_doubt(verdict: Verdict) -> None:
    assert in_doubt(suspicions(9, verdict)) == set()


@pytest.mark.parametrize(("code", "throttled"), [(4, True), (341, True), (17, False), (32, False), (80001, False)])
def test_only_the_apps_own_limit_stops_everybody(code: int, throttled: bool) -> None:
    error = found(GraphError(code=code))
    assert is_throttled(error) is throttled
    assert trouble([error]).seconds == (UNTOLD_PAUSE if throttled else 0)


def test_the_time_that_meta_gives_is_kept() -> None:
    assert trouble([found(GraphError(code=4, retry_after=120))]).seconds == 120
    assert page_pause(found(GraphError(code=80001, retry_after=7200))) == 7200


def test_a_refusal_of_our_own_app_is_told_with_its_numbers() -> None:
    told = trouble([found(AppRefused(code=190, subcode=None, trace_id="AbC"))])
    assert told.app_refused
    assert told.evidence == {"code": 190, "subcode": None, "trace_id": "AbC"}
