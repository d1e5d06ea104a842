"""Each check: evidence in, result out."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.channels.rules import Subject
from webapp.diagnosis.rules import Mark, Result, compare, summarise
from webapp.diagnosis.rules import checks as rules
from webapp.diagnosis.rules.checks import Heard
from webapp.meta.errors import Cause, GraphError, NotSent
from webapp.meta.gateway import InstagramAccount, Page, RemoteMessage, Routing, ThreadOwner, TokenState
from webapp.meta.transport import SEALED

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
INSTAGRAM = Subject("instagram", "1784", "42")
MESSENGER = Subject("messenger", "42", "42")
OURS, OTHERS = "123456", "654321"
SCOPES = frozenset({"pages_manage_metadata", "instagram_basic", "instagram_manage_messages", "pages_messaging"})


def ago(**length: float) -> datetime:
    return NOON - timedelta(**length)


def short(result: Result) -> tuple[str, str]:
    return result.mark.value, result.word


@pytest.mark.parametrize(
    ("state", "cause", "expected"),
    [
        (TokenState(True), None, ("pass", "valid")),
        (TokenState(True, expires_at=NOON + timedelta(days=8)), None, ("pass", "valid")),
        (TokenState(True, expires_at=NOON + timedelta(days=6)), None, ("warning", "ends_soon")),
        (TokenState(True, data_access_expires_at=NOON + timedelta(days=1)), None, ("warning", "ends_soon")),
        (TokenState(False), Cause.PASSWORD_CHANGED, ("fail", "password_changed")),
        (TokenState(True), Cause.ROLE_LOST, ("fail", "role_lost")),
    ],
)
def test_a_token_works_ends_soon_or_names_its_cause(
    state: TokenState, cause: Cause | None, expected: tuple[str, str]
) -> None:
    assert short(rules.token(state, cause, NOON)) == expected


@pytest.mark.parametrize(
    ("state", "word", "missing"),
    [
        (TokenState(True, scopes=SCOPES), "all_given", None),
        (TokenState(True, scopes=SCOPES - {"instagram_basic"}), "permission_cancelled", ["instagram_basic"]),
        (
            TokenState(True, scopes=SCOPES, granular={"pages_manage_metadata": frozenset({"43"})}),
            "page_unticked",
            ["pages_manage_metadata"],
        ),
        (
            TokenState(True, scopes=SCOPES, granular={"instagram_basic": frozenset({"42"})}),
            "page_unticked",
            ["instagram_basic"],
        ),
        (TokenState(False, scopes=SCOPES), "token_first", None),
        (TokenState(True), "token_first", None),
    ],
)
def test_permissions_are_named_one_by_one(state: TokenState, word: str, missing: list[str] | None) -> None:
    found = rules.permissions(INSTAGRAM, state)
    assert (found.word, found.facts.get("missing")) == (word, missing)


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ({"MANAGE", "MESSAGING"}, ("pass", "full_control")),
        ({"PROFILE_PLUS_FULL_CONTROL"}, ("pass", "full_control")),
        ({"MESSAGING", "MODERATE"}, ("warning", "part_control")),
        (set(), ("unknown", "not_told")),
    ],
)
def test_the_role_is_read_from_the_tasks(tasks: set[str], expected: tuple[str, str]) -> None:
    assert short(rules.role(Page("42", "x", tasks=frozenset(tasks)))) == expected


@pytest.mark.parametrize(
    ("page", "word"),
    [
        (Page("42", "x", instagram=InstagramAccount("1784", "us")), "linked"),
        (Page("42", "x", instagram=InstagramAccount("1785", "them")), "other_linked"),
        (Page("42", "x", half_linked=InstagramAccount("1784", "us")), "half_linked"),
        (Page("42", "x"), "instagram_unlinked"),
    ],
)
def test_the_link_is_whole_half_somebody_elses_or_gone(page: Page, word: str) -> None:
    assert rules.link(INSTAGRAM, page).word == word


@pytest.mark.parametrize(
    ("error", "business", "access", "newest"),
    [
        (None, ("pass", "eligible"), ("pass", "open"), None),
        (GraphError(code=36103), ("fail", "not_business"), ("unknown", "earlier_first"), ("unknown", "earlier_first")),
        (
            GraphError(code=200, subcode=2534041),
            ("unknown", "access_first"),
            ("fail", "access_off"),
            ("unknown", "earlier_first"),
        ),
        (
            GraphError(code=10, subcode=2534077),
            ("unknown", "access_first"),
            ("fail", "unverified"),
            ("unknown", "earlier_first"),
        ),
        (GraphError(code=4), ("unknown", "no_answer"), ("unknown", "no_answer"), ("unknown", "no_answer")),
        (GraphError(), ("unknown", "no_answer"), ("unknown", "no_answer"), ("unknown", "no_answer")),
        (GraphError(code=190), ("unknown", "token_first"), ("unknown", "token_first"), ("unknown", "token_first")),
        (GraphError(code=10), *[("unknown", "permission_first")] * 3),
        (NotSent(SEALED), *[("unknown", "token_first")] * 3),
        (NotSent("no connection"), *[("unknown", "no_answer")] * 3),
        (GraphError(code=101), *[("unknown", "app_fault")] * 3),
        (GraphError(code=100), *[("unknown", "unclear")] * 3),
    ],
)
def test_a_refusal_is_a_failure_only_for_the_check_that_it_is_about(
    error: GraphError | None, business: tuple[str, str], access: tuple[str, str], newest: tuple[str, str] | None
) -> None:
    assert short(rules.business(error)) == business
    assert short(rules.access(error)) == access
    if error is not None:
        assert short(rules.refused("newest", error)) == newest


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"messages"}, {"messages"}, ("pass", "subscribed")),
        (set(), {"messages"}, ("warning", "repaired")),
        ({"feed"}, {"feed"}, ("fail", "not_subscribed")),
    ],
)
def test_a_subscription_is_there_repaired_or_missing(
    before: set[str], after: set[str], expected: tuple[str, str]
) -> None:
    assert short(rules.subscription(frozenset(before), frozenset(after))) == expected


@pytest.mark.parametrize(
    ("routing", "owner", "heard", "expected"),
    [
        (Routing(False, False), None, Heard(), ("pass", "not_routed")),
        # The other platform's routing says nothing about this one.
        (Routing(True, False), None, Heard(), ("pass", "not_routed")),
        (Routing(False, True), None, Heard(), ("warning", "routed")),
        (Routing(False, True), ThreadOwner(OURS, None), Heard(), ("pass", "ours")),
        (Routing(False, True), ThreadOwner("", None), Heard(), ("fail", "other_receiver")),
        (Routing(False, False), ThreadOwner(OTHERS, None), Heard(), ("fail", "other_receiver")),
        (Routing(False, False), None, Heard(standby_at=ago(hours=1)), ("fail", "standby")),
        (
            Routing(False, False),
            None,
            Heard(standby_at=ago(hours=2), direct_at=ago(hours=1)),
            ("pass", "not_routed"),
        ),
    ],
)
def test_the_default_receiver_is_told_by_signs_only(
    routing: Routing, owner: ThreadOwner | None, heard: Heard, expected: tuple[str, str]
) -> None:
    assert short(rules.receiver(INSTAGRAM, routing, owner, OURS, heard)) == expected


@pytest.mark.parametrize(
    ("heard", "failed", "expected"),
    [
        (None, None, ("unknown", "never")),
        (ago(hours=1), None, ("pass", "heard")),
        (ago(hours=1), ago(hours=2), ("pass", "heard")),
        (ago(hours=2), ago(hours=1), ("warning", "signature")),
        # From before the account was connected: somebody else's.
        (None, ago(days=9), ("unknown", "never")),
        (None, ago(hours=1), ("warning", "signature")),
    ],
)
def test_a_wrong_signature_counts_when_nothing_good_came_since(
    heard: datetime | None, failed: datetime | None, expected: tuple[str, str]
) -> None:
    assert short(rules.webhook(Heard(at=heard), failed, connected_at=ago(days=5))) == expected


@pytest.mark.parametrize(
    ("written", "is_here", "expected"),
    [
        (None, False, ("unknown", "none_at_meta")),
        (ago(hours=1), True, ("pass", "same")),
        (ago(hours=1), False, ("fail", "missing_here")),
        (ago(seconds=30), False, ("unknown", "on_its_way")),
        (ago(days=9), False, ("pass", "before_connecting")),
    ],
)
def test_the_newest_message_at_meta_should_be_here(
    written: datetime | None, is_here: bool, expected: tuple[str, str]
) -> None:
    remote = RemoteMessage("m", written, "7") if written else None
    assert short(rules.newest(remote, is_here, connected_at=ago(days=5), now=NOON)) == expected


def test_what_the_account_wrote_is_not_a_customers_message() -> None:
    told = [RemoteMessage("1", NOON, "1784"), RemoteMessage("2", NOON, ""), RemoteMessage("3", NOON, "7")]
    assert [one.id for one in rules.from_customers(told, "1784")] == ["3"]


def test_the_first_failure_is_said_first_and_warnings_only_without_one() -> None:
    good, warned, failed = (
        Result("token", Mark.PASS, "valid"),
        Result("role", Mark.WARNING, "part_control"),
        Result("access", Mark.FAIL, "access_off"),
    )
    both = summarise([good, warned, failed])
    assert (both.first, both.certainty, both.others) == (failed, "sure", 1)
    assert summarise([good, warned]).certainty == "likely"
    assert summarise([good, Result("silence", Mark.UNKNOWN, "too_little")]).certainty == "none"
    assert summarise([good, Result("access", Mark.UNKNOWN, "no_answer")]).certainty == "unanswered"


def test_two_diagnoses_are_compared_check_by_check() -> None:
    def run(*marks: Mark) -> list[Result]:
        return [Result(name, mark, "x") for name, mark in zip("abcd", marks, strict=False)]

    earlier = run(Mark.FAIL, Mark.PASS, Mark.WARNING)
    assert compare(run(Mark.PASS, Mark.WARNING, Mark.WARNING, Mark.FAIL), earlier) == {"a": "better", "b": "worse"}
    assert compare(run(Mark.UNKNOWN, Mark.UNKNOWN, Mark.FAIL), earlier) == {"c": "worse"}


def test_a_result_survives_being_stored() -> None:
    result = Result("silence", Mark.PASS, "usual", "asked", "came", NOON.isoformat(), {"count": 50})
    assert Result.from_data(result.as_data()) == result
    assert result.when == NOON
