"""Every cause: what the token check, the Page, the Instagram probe and a send answer, and what heals it."""

from dataclasses import dataclass, field

import pytest

from sandbox.causes import FAULTS, TABLE
from sandbox.settings import DEFAULT_APP_SECRET
from sandbox.tokens import proof
from tests.sandbox.stand import (
    AMING,
    APP_TOKEN,
    CHEN,
    LIN,
    MORNING,
    MORNING_IG,
    SHANHAI,
    YATING,
    Stand,
    error_of,
)

OK = None
Verdict = tuple[int, int | None] | None
LOST = (190, None)


@dataclass(frozen=True)
class Row:
    """A cause for Lin and 晨光咖啡, the four answers (None is success), and whether a new login heals it."""

    cause: str
    debug: Verdict
    node: Verdict
    probe: Verdict
    send: Verdict
    healed_by_login: bool
    subject: dict[str, str] = field(default_factory=dict)


PERSON, PAGE = {"person": LIN}, {"page": MORNING}
ROWS = (
    Row("password_changed", (190, 460), (190, 460), (190, 460), (190, 460), True, PERSON),
    Row("two_factor", (190, 460), (190, 460), (190, 460), (190, 460), True, PERSON),
    Row("security_check", (190, 459), (190, 459), (190, 459), (190, 459), False, PERSON),
    Row("blocking_checkpoint", (190, 490), (190, 490), (190, 490), (190, 490), False, PERSON),
    Row("unconfirmed", (190, 464), (190, 464), (190, 464), (190, 464), False, PERSON),
    Row("app_removed", (190, 458), (190, 458), (190, 458), (190, 458), True, PERSON),
    Row("expired", (190, 463), (190, 463), (190, 463), (190, 463), True, PERSON),
    Row("signed_out", (190, 467), (190, 467), (190, 467), (190, 467), True, PERSON),
    Row("unknown_cause", (190, 1349195), (190, 1349195), (190, 1349195), (190, 1349195), True, PERSON),
    Row("expires_soon", OK, OK, OK, OK, False, PERSON),
    Row("page_unticked", LOST, LOST, LOST, LOST, True, PERSON | PAGE),
    Row("role_lost", OK, (190, 492), (190, 492), (190, 492), False, PERSON | PAGE),
    Row("two_factor_required", OK, (190, 492), (190, 492), (190, 492), False, PAGE),
    Row("page_deleted", LOST, LOST, LOST, LOST, False, PAGE),
    Row("instagram_unlinked", OK, OK, (100, 2534013), (100, 2534013), False, PAGE),
    Row("link_incomplete", OK, OK, (100, 2534013), (100, 2534013), False, PAGE),
    Row("not_business", OK, OK, (36103, None), (36103, None), False, PAGE),
    Row("message_access_off", OK, OK, (200, 2534041), (200, 2534041), False, PAGE),
    Row("connection_unverified", OK, OK, (10, 2534077), (10, 2534077), False, PAGE),
    Row("other_app_default", OK, OK, OK, (100, 2534037), False, PAGE),
    Row("subscription_removed", OK, OK, OK, OK, True, PAGE),
    Row("sending_restricted", OK, OK, OK, (10, 1893063), False, PAGE),
    Row("business_blocked", OK, OK, OK, (100, 2534029), False, PAGE),
    Row("customer_blocked", OK, OK, OK, (551, 1545041), False, {"customer": YATING}),
    Row("customer_unreachable", OK, OK, OK, (10, 2018108), False, {"customer": YATING}),
    Row("app_webhook_off", OK, OK, OK, OK, False),
    Row("app_not_live", OK, OK, OK, (200, 2018028), False),
    Row(
        "permission_cancelled", OK, OK, (10, None), (10, None), True,
        PERSON | {"permission": "instagram_manage_messages"},
    ),
)  # fmt: skip


def answers(stand: Stand, token: str) -> tuple[Verdict, Verdict, Verdict, Verdict]:
    """Debug, node, Instagram probe and send; None where it succeeds."""
    error = stand.debug(token).get("error")
    debug = (error["code"], error.get("subcode")) if error else None
    calls = (
        stand.get(MORNING, token, fields="id,instagram_business_account"),
        stand.get(f"{MORNING}/conversations", token, platform="instagram", limit=1),
        stand.post(f"{MORNING}/messages", token, recipient={"id": YATING}, message={"text": "你好"}),
    )
    node, probe, send = (None if one.status_code == 200 else error_of(one) for one in calls)
    return debug, node, probe, send


def test_the_table_below_speaks_of_every_cause() -> None:
    switches_of_the_app = {"proof_required", "login_for_business", "app_secret_changed"}
    assert {row.cause for row in ROWS} == set(TABLE) - set(FAULTS) - switches_of_the_app


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.cause)
def test_a_cause_answers_as_meta_does(stand: Stand, row: Row) -> None:
    token = stand.subscribed(stand.log_in(LIN))
    assert answers(stand, token) == (OK, OK, OK, OK)
    stand.cause(row.cause, **row.subject)
    assert answers(stand, token) == (row.debug, row.node, row.probe, row.send)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.cause)
def test_switched_off_again_everything_works(stand: Stand, row: Row) -> None:
    token = stand.subscribed(stand.log_in(LIN))
    stand.cause(row.cause, **row.subject)
    stand.cause(row.cause, on=False, **row.subject)
    assert answers(stand, token) == (OK, OK, OK, OK)


KILLING = ("password_changed", "two_factor", "app_removed", "expired", "signed_out", "unknown_cause")


@pytest.mark.parametrize("cause", KILLING)
def test_a_new_login_gives_new_tokens_and_leaves_the_old_ones_dead(stand: Stand, cause: str) -> None:
    old = stand.page_token(stand.log_in(LIN))
    stand.cause(cause, person=LIN)
    new = stand.page_token(stand.log_in(LIN))
    assert new != old
    assert answers(stand, new) == (OK, OK, OK, OK)
    assert answers(stand, old)[0] is not None
    stand.cause(cause, on=False, person=LIN)
    assert answers(stand, old)[0] is not None


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not row.healed_by_login and row.debug is OK], ids=lambda row: row.cause
)
def test_a_new_login_does_not_heal_what_it_cannot(stand: Stand, row: Row) -> None:
    stand.log_in(LIN)
    stand.cause(row.cause, **row.subject)
    answer = stand.control("login", url=stand.dialog_url(), person=LIN)
    assert "code=" in answer["location"]
    token = next(
        (one.value for one in reversed(stand.app.extensions["sandbox"].state.tokens.values()) if one.page_id),
        None,
    )
    user = stand.long_lived(stand.exchange(answer["location"].split("code=")[1].split("&")[0]).json()["access_token"])
    issued = stand.get(MORNING, user, fields="access_token")
    if issued.status_code != 200:
        assert token is None
        assert error_of(issued) in ((190, 492), (100, 33))
    else:
        verdicts = answers(stand, issued.json()["access_token"])
        assert verdicts == (row.debug, row.node, row.probe, row.send)


def test_two_factor_is_satisfied_when_the_person_turns_it_on(stand: Stand) -> None:
    stand.log_in(LIN)
    stand.cause("two_factor_required", page=MORNING)
    stand.cause("two_factor", person=LIN)
    assert answers(stand, stand.page_token(stand.log_in(LIN))) == (OK, OK, OK, OK)


def test_while_logins_end_soon_new_ones_do_too(stand: Stand) -> None:
    token = stand.log_in(LIN)
    page = stand.page_token(token)
    stand.cause("expires_soon", person=LIN)
    ends = stand.look("state")["now"] + 3 * 86400
    assert abs(stand.debug(token)["expires_at"] - ends) <= 2
    assert (stand.debug(page)["expires_at"], abs(stand.debug(page)["data_access_expires_at"] - ends) <= 2) == (0, True)
    assert abs(stand.debug(stand.log_in(LIN))["data_access_expires_at"] - ends) <= 2
    stand.cause("expires_soon", on=False, person=LIN)
    assert stand.debug(stand.log_in(LIN))["expires_at"] > ends + 50 * 86400


def test_a_half_finished_link_shows_in_one_field_only(stand: Stand) -> None:
    user = stand.log_in(LIN)
    stand.cause("link_incomplete", page=MORNING)
    fields = "instagram_business_account,connected_instagram_account"
    assert stand.get(MORNING, user, fields=fields).json() == {
        "id": MORNING,
        "connected_instagram_account": {"id": MORNING_IG},
    }


def test_a_changed_app_secret_spoils_the_apps_own_token_and_proofs_and_nobodys_login(stand: Stand) -> None:
    user = stand.log_in(LIN)
    old = {"appsecret_proof": proof(DEFAULT_APP_SECRET, user)}
    stand.cause("app_secret_changed")
    assert error_of(stand.get("debug_token", APP_TOKEN, input_token=user)) == (190, None)
    assert error_of(stand.get("me", user, **old)) == (100, None)
    assert error_of(stand.exchange("a code")) == (1, None)
    assert stand.get("me", user).status_code == 200
    stand.cause("app_secret_changed", on=False)
    assert stand.get("me", user, **old).status_code == 200


def test_an_unlinked_account_leaves_no_link_field(stand: Stand) -> None:
    user = stand.log_in(LIN)
    stand.cause("instagram_unlinked", page=MORNING)
    fields = "instagram_business_account,connected_instagram_account"
    assert stand.get(MORNING, user, fields=fields).json() == {"id": MORNING}


def test_the_creator_account_is_not_eligible_from_the_start(stand: Stand) -> None:
    token = stand.page_token(stand.log_in(LIN), AMING)
    probe = stand.get(f"{AMING}/conversations", token, platform="instagram")
    assert error_of(probe) == (36103, None)
    assert stand.get(f"{AMING}/conversations", token).status_code == 200


def test_the_messenger_side_answers_routing_with_its_own_code(stand: Stand) -> None:
    token = stand.page_token(stand.log_in(LIN))
    stand.cause("other_app_default", page=MORNING)
    customer = stand.look("state")["conversations"]
    psid = next(row["customer_id"] for row in customer if row["account_id"] == MORNING)
    answer = stand.post("me/messages", token, recipient={"id": psid}, message={"text": "hi"})
    assert error_of(answer) == (10, 2018300)
    status = stand.get("me", token, fields="messaging_feature_status").json()["messaging_feature_status"]
    assert status == {"hop_v2": False, "msgr_multi_app": True, "ig_multi_app": True}


def test_a_cause_meets_only_its_own_subject(stand: Stand) -> None:
    lin, chen = stand.log_in(LIN), stand.log_in(CHEN)
    stand.cause("password_changed", person=LIN)
    assert stand.get("me", chen).status_code == 200
    stand.cause("password_changed", on=False, person=LIN)
    stand.cause("message_access_off", page=MORNING)
    other = stand.page_token(lin, SHANHAI)
    assert stand.get(f"{SHANHAI}/conversations", other, platform="instagram").status_code == 200


def test_a_switch_takes_names_as_well_as_ids(stand: Stand) -> None:
    token = stand.page_token(stand.log_in(LIN))
    stand.cause("not_business", account="@morninglight.coffee")
    assert answers(stand, token)[2] == (36103, None)
    assert stand.look("state")["pages"][0]["causes"] == ["not_business"]
    stand.cause("password_changed", person="林小姐")
    assert "password_changed" in stand.look("state")["people"][0]["causes"]


@pytest.mark.parametrize(
    "given",
    [{"cause": "nonsense"}, {"cause": "password_changed"}, {"cause": "role_lost", "page": "1"}],
)
def test_a_switch_without_a_known_subject_is_refused_in_words(stand: Stand, given: dict[str, str]) -> None:
    answer = stand.call("POST", "../control/causes", "", json=given)
    assert answer.status_code == 400
    assert given["cause"] in answer.json()["error"]


def test_the_instagram_node_needs_the_link(stand: Stand) -> None:
    token = stand.log_in(LIN)
    node = stand.get(MORNING_IG, token, fields="username,followers_count").json()
    assert node == {"username": "morninglight.coffee", "followers_count": 8421, "id": MORNING_IG}
    no_such_field = stand.get(MORNING_IG, token, fields="account_type")
    assert error_of(no_such_field) == (100, None)
    stand.cause("instagram_unlinked", page=MORNING)
    assert error_of(stand.get(MORNING_IG, token)) == (100, 33)
