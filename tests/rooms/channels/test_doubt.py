"""What is hardly anybody's account: pure rules."""

from datetime import timedelta

import pytest

from tests.people import NOON
from webapp.channels.doubt import (
    UNTOLD_PAUSE,
    Answer,
    is_alike,
    is_doubt_worn,
    is_suspect,
    is_throttled,
    page_pause,
    stands_alone,
    trouble,
)
from webapp.channels.rules import HEALTHY, NO_VERDICT, Verdict
from webapp.channels.status import Status
from webapp.meta.errors import AppRefused, Cause, GraphError
from webapp.meta.gateway import Findings, TokenState

WELL = ("connected", None)
CAUSE = Cause.PERMISSION_CANCELLED
CANCELLED = Verdict(Status.LOST, CAUSE)
MINUTE = timedelta(minutes=1)


def asked(pattern: str, *, logins: int = 10, every: timedelta = MINUTE) -> list[Answer]:
    """Answers one after the other, oldest first: x fails with CAUSE, y with another, . is well."""
    causes = {"x": CAUSE, "y": Cause.ACCESS_OFF, ".": None}
    return [
        Answer(number, number % logins, NOON + number * every, causes[letter]) for number, letter in enumerate(pattern)
    ]


def at_once(pattern: str, *, logins: int = 10) -> list[Answer]:
    return asked(pattern, logins=logins, every=timedelta())


def found(error: GraphError) -> Findings:
    return Findings(TokenState(True), error, frozenset({"messages"}), True)


@pytest.mark.parametrize(
    "pattern",
    [
        "xxxxx",
        "." * 300 + "xxxxx",
        "." * 300 + "xxx.xx",
        "xx.xxy.xx",
    ],
)
def test_many_logins_failing_alike_from_some_moment_on_are_doubted(pattern: str) -> None:
    assert is_alike(asked(pattern), CAUSE)


@pytest.mark.parametrize(
    "pattern",
    [
        "xxxx",
        "." * 40 + "xxxx",
        "x" + "." * 20 + "xx" + "." * 20 + "xxx" + "." * 20,
        ("." * 50 + "x") * 6,
        "xxxxxx" + "." * 6,
        "xyxyxyxyxy",
    ],
)
def test_a_few_among_many_that_are_well_are_not_doubted(pattern: str) -> None:
    assert not is_alike(asked(pattern), CAUSE)


def test_six_who_truly_lost_it_in_one_hour_among_three_hundred_are_not_doubted() -> None:
    apart = "".join("x" if number % 50 == 25 else "." for number in range(300))
    assert not is_alike(asked(apart), CAUSE)
    assert not is_alike(at_once(apart), CAUSE)
    assert not is_alike(at_once("x" * 6 + "." * 294), CAUSE)
    side_by_side = "." * 150 + "x" * 6 + "." * 150
    assert not is_alike(asked(side_by_side), CAUSE), "those who were asked after them are well"


def test_of_those_asked_in_one_moment_most_must_fail() -> None:
    assert is_alike(at_once("xxxxxx" + "....."), CAUSE)
    assert not is_alike(at_once("xxxxxx" + "......"), CAUSE)


def test_one_persons_doing_is_not_doubted_however_many_accounts_it_meets() -> None:
    assert not is_alike(at_once("x" * 20, logins=2), CAUSE)


@pytest.mark.parametrize(
    ("pattern", "alone"),
    [("x.....", True), ("x....", False), ("x...x..", True), ("xx....xxxxxx", False), ("x", False)],
)
def test_a_failure_stands_alone_when_enough_that_were_asked_since_are_well(pattern: str, alone: bool) -> None:
    assert stands_alone(asked(pattern), CAUSE, NOON) is alone


def test_what_was_answered_before_a_failure_tells_nothing_of_it() -> None:
    assert not stands_alone(asked("." * 30 + "x."), CAUSE, NOON + 30 * MINUTE)


def test_a_doubt_wears_off_beside_many_that_are_well_and_never_while_all_fail() -> None:
    hours = timedelta(hours=3)
    partly, wholly = at_once("xxxxxx...."), at_once("xxxxxxxxx.")
    assert is_doubt_worn(partly, CAUSE, NOON, NOON + hours)
    assert not is_doubt_worn(partly, CAUSE, NOON, NOON + hours - MINUTE)
    assert not is_doubt_worn(partly, CAUSE, None, NOON + hours)
    assert not is_doubt_worn(wholly, CAUSE, NOON, NOON + 100 * hours)


def test_only_news_that_no_token_proves_are_suspect() -> None:
    assert is_suspect(WELL, CANCELLED)
    assert is_suspect(("lost", Cause.UNKNOWN), CANCELLED)
    assert not is_suspect(WELL, Verdict(Status.LOST, Cause.PASSWORD_CHANGED, by_token=True))
    assert not is_suspect(("lost", CAUSE), CANCELLED), "what was broken before stays broken"
    assert not is_suspect(WELL, HEALTHY)
    assert not is_suspect(WELL, NO_VERDICT)


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
