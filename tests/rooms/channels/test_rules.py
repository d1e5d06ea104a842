"""The verdict: what the findings of a check prove."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.channels.rules import Subject, explain, judge, sharpen
from webapp.channels.status import Status
from webapp.meta.errors import AppRefused, Cause, GraphError
from webapp.meta.gateway import (
    PAGE_FIELDS,
    SCOPES,
    Findings,
    InstagramAccount,
    Page,
    Routing,
    ThreadOwner,
    TokenState,
)

SHOP = Subject("instagram", "178414", "1001")
TOKEN = TokenState(True, type="PAGE", profile_id="1001", scopes=frozenset(SCOPES))
PAGE = Page("1001", "Shop", instagram=InstagramAccount("178414", "shop"))
GOOD = Findings(TOKEN, PAGE, frozenset(PAGE_FIELDS), True)
DOWN = GraphError(code=2, is_transient=True)


def refused(code: int, subcode: int | None = None) -> GraphError:
    return GraphError("some text", code=code, subcode=subcode, trace_id="T")


def test_four_good_answers_are_health() -> None:
    assert judge(SHOP, GOOD).status is Status.CONNECTED


@pytest.mark.parametrize(
    ("subcode", "cause"),
    [
        (460, Cause.PASSWORD_CHANGED),
        (452, Cause.PASSWORD_CHANGED),
        (459, Cause.SECURITY_CHECK),
        (490, Cause.SECURITY_CHECK),
        (464, Cause.SECURITY_CHECK),
        (458, Cause.APP_REMOVED),
        (463, Cause.EXPIRED),
        (467, Cause.SIGNED_OUT),
        (492, Cause.ROLE_LOST),
        (None, Cause.UNKNOWN),
        (99999, Cause.UNKNOWN),
    ],
)
def test_a_dead_token_is_lost_with_its_cause(subcode: int | None, cause: Cause) -> None:
    dead = replace(TOKEN, is_valid=False, error=refused(190, subcode))
    verdict = judge(SHOP, replace(GOOD, token=dead))
    assert (verdict.status, verdict.cause) == (Status.LOST, cause)


def test_a_dead_token_counts_even_while_the_rest_of_meta_is_down() -> None:
    found = Findings(DOWN, refused(190, 460), DOWN, DOWN)
    assert judge(SHOP, found).cause is Cause.PASSWORD_CHANGED


def test_the_evidence_keeps_the_numbers_and_not_the_text() -> None:
    verdict = judge(SHOP, replace(GOOD, page=refused(190, 460)))
    assert verdict.evidence == {"code": 190, "subcode": 460, "trace_id": "T"}


def test_a_page_that_the_grant_no_longer_covers_is_unticked() -> None:
    token = replace(TOKEN, granular={"pages_manage_metadata": frozenset({"another"})})
    verdict = judge(SHOP, Findings(token, refused(190), refused(190), refused(190)))
    assert (verdict.status, verdict.cause) == (Status.LOST, Cause.PAGE_UNTICKED)


@pytest.mark.parametrize(("pages", "cause"), [("another", Cause.PAGE_UNTICKED), ("1001", Cause.ROLE_LOST)])
def test_only_a_login_that_covers_the_page_makes_a_lost_role_certain(pages: str, cause: Cause) -> None:
    token = replace(TOKEN, granular={"pages_manage_metadata": frozenset({pages})})
    assert judge(SHOP, Findings(token, refused(190, 492), refused(190, 492), refused(190, 492))).cause is cause
    assert sharpen(Cause.ROLE_LOST, explain(SHOP, token)) is cause


def test_an_account_that_meta_says_is_unlinked_is_not_called_unticked() -> None:
    token = replace(TOKEN, granular={"instagram_basic": frozenset({"another"})})
    verdict = judge(SHOP, replace(GOOD, token=token, access=refused(100, 2534013)))
    assert (verdict.status, verdict.cause) == (Status.ATTENTION, Cause.INSTAGRAM_UNLINKED)


def test_a_cancelled_permission_is_lost() -> None:
    token = replace(TOKEN, scopes=frozenset(SCOPES) - {"instagram_manage_messages"})
    assert judge(SHOP, replace(GOOD, token=token)).cause is Cause.PERMISSION_CANCELLED


@pytest.mark.parametrize(
    ("access", "cause"),
    [
        (refused(200, 2534041), Cause.ACCESS_OFF),
        (refused(36103), Cause.NOT_BUSINESS),
        (refused(100, 2534013), Cause.INSTAGRAM_UNLINKED),
    ],
)
def test_what_stops_messages_with_a_good_token_is_attention(access: GraphError, cause: Cause) -> None:
    verdict = judge(SHOP, replace(GOOD, access=access))
    assert (verdict.status, verdict.cause) == (Status.ATTENTION, cause)


@pytest.mark.parametrize("instagram", [None, InstagramAccount("999", "another")])
def test_an_unlinked_or_exchanged_instagram_account_is_attention(instagram: InstagramAccount | None) -> None:
    verdict = judge(SHOP, replace(GOOD, page=replace(PAGE, instagram=instagram)))
    assert (verdict.status, verdict.cause) == (Status.ATTENTION, Cause.INSTAGRAM_UNLINKED)


def test_a_missing_subscription_is_attention() -> None:
    assert judge(SHOP, replace(GOOD, subscribed=frozenset())).cause is Cause.NOT_SUBSCRIBED


@pytest.mark.parametrize("part", ["token", "page", "subscribed", "access"])
@pytest.mark.parametrize("code", [1, 2, 4, 17, 32, 341, 613, 80001, 80002, 80006, None])
def test_a_temporary_error_is_never_a_verdict(part: str, code: int | None) -> None:
    assert judge(SHOP, replace(GOOD, **{part: GraphError(code=code)})).status is None


def test_a_refusal_of_our_own_app_marks_nobody() -> None:
    refused_app = AppRefused("text", code=190)
    assert judge(SHOP, Findings(refused_app, refused_app, refused_app, refused_app)).status is None


errors = st.builds(
    GraphError,
    st.text(),
    code=st.one_of(st.none(), st.integers(-5, 100000)),
    subcode=st.one_of(st.none(), st.integers(-5, 3000000)),
    is_transient=st.booleans(),
)


@given(st.one_of(st.just(TOKEN), errors), st.one_of(st.just(PAGE), errors), errors, errors)
def test_any_refusals_get_some_verdict(token: object, page: object, subscribed: object, access: object) -> None:
    verdict = judge(SHOP, Findings(token, page, subscribed, access))  # type: ignore[arg-type]
    assert verdict.status is not Status.CONNECTED
    assert (verdict.status is None) == (verdict.cause is None)


@given(errors, st.text())
def test_the_text_never_changes_the_verdict(error: GraphError, text: str) -> None:
    said_otherwise = GraphError(text, code=error.code, subcode=error.subcode, is_transient=error.is_transient)
    one, other = (judge(SHOP, replace(GOOD, access=each)) for each in (error, said_otherwise))
    assert (one.status, one.cause) == (other.status, other.cause)


@given(st.integers(0, 100000), st.integers(0, 3000000))
def test_what_meta_calls_transient_is_never_a_verdict(code: int, subcode: int) -> None:
    error = GraphError(code=code, subcode=subcode, is_transient=True)
    assert judge(SHOP, replace(GOOD, access=error)).status is None


ROUTED, NOT_ROUTED, MESSENGER_ONLY = Routing(True, True), Routing(False, False), Routing(True, False)
SOMEBODY, US, META_INBOX = ThreadOwner("", None), ThreadOwner("1", None), ThreadOwner("1217981644879628", None)


def test_an_owner_whom_meta_does_not_name_to_us_is_another_default_app() -> None:
    verdict = judge(SHOP, replace(GOOD, routing=ROUTED, owner=SOMEBODY))
    assert (verdict.status, verdict.cause) == (Status.ATTENTION, Cause.OTHER_RECEIVER)


@pytest.mark.parametrize(
    ("routing", "owner"),
    [
        (None, None),
        (ROUTED, None),  # several apps, nobody at it: the default may well be ours
        (ROUTED, US),
        (ROUTED, META_INBOX),  # a colleague answered in Meta's inbox, and Meta tells us so: we are the default
        (ROUTED, refused(100, 2018001)),
        (ROUTED, refused(190)),
        (ROUTED, DOWN),
        (NOT_ROUTED, SOMEBODY),
        (MESSENGER_ONLY, SOMEBODY),
        (refused(200), SOMEBODY),
        (DOWN, DOWN),
    ],
)
def test_nothing_less_is_an_alarm(routing: Routing | GraphError | None, owner: ThreadOwner | GraphError | None) -> None:
    assert judge(SHOP, replace(GOOD, routing=routing, owner=owner)).status is Status.CONNECTED


def test_who_answers_is_asked_last_what_is_lost_is_lost() -> None:
    found = replace(GOOD, page=refused(190, 460), routing=ROUTED, owner=SOMEBODY)
    assert judge(SHOP, found).cause is Cause.PASSWORD_CHANGED
