"""What a grant opens: listings, granular ids, Page tokens, and what unticking takes away."""

from typing import Any

import pytest

from sandbox.settings import DEFAULT_APP_ID, DEFAULT_APP_SECRET
from tests.sandbox.stand import (
    AMING,
    APP_TOKEN,
    BOOKSHOP,
    CHEN,
    FLOWERS,
    FLOWERS_IG,
    LIN,
    MORNING,
    MORNING_IG,
    SHANHAI,
    TEA,
    TEA_IG,
    WANG,
    Stand,
    error_of,
)

IMPERSONATION = (
    "Any of the pages_read_engagement, pages_manage_metadata, pages_read_user_content, pages_manage_ads, "
    "pages_show_list or pages_messaging permission(s) must be granted before impersonating a user's page."
)


def ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["data"]]


def test_the_listing_leaves_portfolio_pages_out_but_their_node_opens(stand: Stand) -> None:
    token = stand.log_in(LIN)
    assert ids(stand.get("me/accounts", token)) == [MORNING, SHANHAI, AMING, BOOKSHOP, FLOWERS]
    fields = "id,name,access_token,tasks,instagram_business_account{id,username}"
    node = stand.get(TEA, token, fields=fields).json()
    assert node["instagram_business_account"] == {"id": TEA_IG, "username": "island.teahouse"}
    assert "MANAGE" in node["tasks"]
    assert stand.get("me", node["access_token"]).json() == {"name": "島嶼茶行", "id": TEA}


def test_portfolio_pages_are_found_through_businesses(stand: Stand) -> None:
    token = stand.log_in(LIN)
    (business,) = ids(stand.get("me/businesses", token))
    assert ids(stand.get(f"{business}/owned_pages", token, fields="id,name,access_token")) == [TEA]
    assert stand.get(f"{business}/client_pages", token).json() == {"data": []}
    without = stand.log_in(LIN, declined=["business_management"])
    assert error_of(stand.get("me/businesses", without)) == (200, None)


def test_a_page_without_link_has_no_key_and_a_half_link_only_the_other(stand: Stand) -> None:
    token = stand.log_in(LIN, instagram="all")
    fields = "id,instagram_business_account{username},connected_instagram_account{username}"
    rows = {row["id"]: row for row in stand.get("me/accounts", token, fields=fields).json()["data"]}
    assert rows[BOOKSHOP] == {"id": BOOKSHOP}
    assert rows[FLOWERS] == {
        "id": FLOWERS,
        "connected_instagram_account": {"username": "hanami.flora", "id": FLOWERS_IG},
    }
    assert rows[MORNING]["instagram_business_account"] == {"username": "morninglight.coffee", "id": MORNING_IG}


def test_without_instagram_basic_links_are_absent(stand: Stand) -> None:
    token = stand.log_in(LIN, declined=["instagram_basic"])
    assert stand.get(MORNING, token, fields="instagram_business_account").json() == {"id": MORNING}
    assert error_of(stand.get(MORNING_IG, token)) == (100, 33)


def test_without_pages_show_list_the_listing_is_empty(stand: Stand) -> None:
    token = stand.log_in(LIN, declined=["pages_show_list"])
    assert stand.get("me/accounts", token).json() == {"data": []}


def test_an_editor_sees_the_page_without_manage_and_cannot_subscribe(stand: Stand) -> None:
    token = stand.log_in(WANG)
    row = stand.get("me/accounts", token).json()["data"][0]
    assert row["id"] == SHANHAI
    assert "MANAGE" not in row["tasks"]
    answer = stand.post(f"{SHANHAI}/subscribed_apps", row["access_token"], subscribed_fields="messages")
    assert (answer.status_code, error_of(answer)) == (403, (200, None))
    assert "sufficient administrative permission" in answer.json()["error"]["message"]


def test_ticked_ids_are_granular_and_all_leaves_them_out(stand: Stand) -> None:
    chosen = stand.debug(stand.log_in(LIN, pages=[MORNING, TEA], instagram=[MORNING_IG]))
    granular = {row["scope"]: row for row in chosen["granular_scopes"]}
    assert granular["pages_messaging"]["target_ids"] == [MORNING, TEA]
    assert granular["instagram_manage_messages"]["target_ids"] == [MORNING_IG]
    everything = stand.debug(stand.log_in(LIN, pages="all", instagram="all"))
    assert all("target_ids" not in row for row in everything["granular_scopes"])


def test_debug_token_has_the_documented_keys(stand: Stand) -> None:
    user = stand.log_in(LIN)
    data = stand.debug(user)
    assert {"app_id", "type", "application", "expires_at", "is_valid", "issued_at", "scopes", "user_id"} <= set(data)
    assert (data["type"], data["is_valid"], data["app_id"], data["user_id"]) == ("USER", True, DEFAULT_APP_ID, LIN)
    assert data["expires_at"] - data["issued_at"] == 5183944
    page = stand.debug(stand.page_token(user))
    assert (page["type"], page["profile_id"], page["expires_at"]) == ("PAGE", MORNING, 0)
    assert stand.debug("EAAnonsense") == {
        "error": {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"},
        "is_valid": False,
        "scopes": [],
    }


def test_only_an_app_token_may_ask_debug_token(stand: Stand) -> None:
    user = stand.log_in(LIN)
    assert error_of(stand.get("debug_token", user, input_token=user)) == (100, None)
    asked = stand.get(
        "oauth/access_token",
        grant_type="client_credentials",
        client_id=DEFAULT_APP_ID,
        client_secret=DEFAULT_APP_SECRET,
    ).json()
    assert asked == {"access_token": APP_TOKEN, "token_type": "bearer"}


def test_a_page_token_from_a_short_login_ends_after_an_hour(stand: Stand) -> None:
    location = stand.control("login", url=stand.dialog_url(), person=LIN)["location"]
    short = stand.exchange(location.split("code=")[1].split("&")[0]).json()["access_token"]
    page = stand.page_token(short)
    lasting = stand.page_token(stand.long_lived(short))
    stand.control("clock", advance=3601)
    assert error_of(stand.get("me", page)) == (190, 463)
    assert stand.get("me", lasting).status_code == 200
    stand.control("clock", advance=90 * 86400)
    assert stand.get("me", lasting).status_code == 200


def test_an_expired_token_says_when_and_cannot_be_exchanged(stand: Stand) -> None:
    token = stand.log_in(LIN)
    stand.control("clock", advance=5183945)
    message = stand.get("me", token).json()["error"]["message"]
    assert message.startswith("Error validating access token: Session has expired on ")
    assert " PST. The current time is " in message
    answer = stand.get(
        "oauth/access_token",
        grant_type="fb_exchange_token",
        client_id=DEFAULT_APP_ID,
        client_secret=DEFAULT_APP_SECRET,
        fb_exchange_token=token,
    )
    assert error_of(answer) == (190, 463)


def test_an_unticked_page_drops_out_everywhere(stand: Stand) -> None:
    first = stand.log_in(LIN)
    page = stand.page_token(first, SHANHAI)
    second = stand.log_in(LIN, pages=[MORNING], instagram=[MORNING_IG])
    assert ids(stand.get("me/accounts", second)) == [MORNING]
    answer = stand.get("me", page)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["message"], "error_subcode" in error) == (190, IMPERSONATION, False)
    verdict = stand.debug(page)
    assert (verdict["is_valid"], verdict["scopes"]) == (False, [])
    node = stand.get(SHANHAI, second, fields="access_token")
    assert node.json()["error"]["message"] == IMPERSONATION
    stand.log_in(LIN)
    assert stand.get("me", page).status_code == 200


def test_the_untick_switch_does_the_same_without_a_login(stand: Stand) -> None:
    token = stand.log_in(LIN, pages="all", instagram="all")
    page = stand.page_token(token, SHANHAI)
    stand.cause("page_unticked", page=SHANHAI, person=LIN)
    assert stand.get("me", page).json()["error"]["message"] == IMPERSONATION
    assert SHANHAI not in ids(stand.get("me/accounts", token))
    stand.cause("page_unticked", on=False, page=SHANHAI, person=LIN)
    assert stand.get("me", page).status_code == 200


def test_one_persons_grant_is_not_anothers(stand: Stand) -> None:
    lin, chen = stand.page_token(stand.log_in(LIN)), stand.page_token(stand.log_in(CHEN))
    stand.cause("app_removed", person=LIN)
    assert error_of(stand.get("me", lin)) == (190, 458)
    assert stand.get("me", chen).status_code == 200


def test_a_page_token_belongs_to_page_and_admin(stand: Stand) -> None:
    user = stand.log_in(LIN)
    assert stand.page_token(user) == stand.page_token(user)
    assert stand.page_token(user) != stand.page_token(user, SHANHAI)
    assert stand.page_token(user) != stand.page_token(stand.log_in(CHEN))


def test_the_listing_pages_through_with_next_and_previous(stand: Stand) -> None:
    token = stand.log_in(LIN)
    first = stand.get("me/accounts", token, limit=2, summary=1, fields="id,name").json()
    assert first["summary"] == {"total_count": 5}
    assert "previous" not in first["paging"]
    seen, url = [row["id"] for row in first["data"]], first["paging"]["next"]
    assert url.startswith(f"{stand.origin}/v25.0/{LIN}/accounts?")
    while url:
        page = stand.call("GET", url.split("/v25.0/")[1], "").json()
        assert all(set(row) == {"id", "name"} for row in page["data"])
        seen += [row["id"] for row in page["data"]]
        url = page["paging"].get("next")
    assert seen == [MORNING, SHANHAI, AMING, BOOKSHOP, FLOWERS]
    back = stand.call("GET", page["paging"]["previous"].split("/v25.0/")[1], "").json()
    assert [row["id"] for row in back["data"]] == [AMING, BOOKSHOP]


def test_five_hundred_pages_are_listed_a_hundred_at_a_time(stand: Stand) -> None:
    stand.control("pages", person=CHEN, count=500)
    token = stand.log_in(CHEN)
    seen: list[str] = []
    path = f"me/accounts?limit=500&fields=id&access_token={token}"
    while path:
        page = stand.call("GET", path, "").json()
        assert len(page["data"]) <= 100
        seen += [row["id"] for row in page["data"]]
        path = page["paging"].get("next", "").partition("/v25.0/")[2]
    assert len(set(seen)) == 502


@pytest.mark.parametrize("limit", ["-1", "many"])
def test_a_limit_that_is_no_number_is_refused(stand: Stand, limit: str) -> None:
    assert error_of(stand.get("me/accounts", stand.log_in(LIN), limit=limit)) == (100, None)


def test_permissions_can_be_taken_back_one_by_one_or_all(stand: Stand) -> None:
    token = stand.log_in(LIN)
    assert stand.delete("me/permissions/pages_messaging", token).json() == {"success": True}
    rows = stand.get("me/permissions", token, permission="pages_messaging").json()["data"]
    assert rows == [{"permission": "pages_messaging", "status": "declined"}]
    assert stand.delete("me/permissions", token).json() == {"success": True}
    assert error_of(stand.get("me", token)) == (190, 458)
