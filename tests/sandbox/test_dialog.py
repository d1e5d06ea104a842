"""Facebook Login as a person meets it, and the code that it ends with."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.stand import (
    BOOKSHOP,
    LIN,
    MORNING,
    MORNING_IG,
    REDIRECT_URI,
    SCOPES,
    SHANHAI,
    SHANHAI_IG,
    WANG,
    Stand,
    Visitor,
    code_in,
    error_of,
)

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def whole_trip(stand: Stand, visitor: Visitor, **params: str) -> str:
    """Lin ticks two Pages and one Instagram account and allows everything."""
    visitor.open(stand.dialog_url(**params)).press("/person", person=LIN)
    visitor.press("/pages", which="chosen", page=[MORNING, SHANHAI])
    visitor.press("/instagram", which="chosen", account=[MORNING_IG])
    return visitor.press("/permissions", permission=list(SCOPES)).left_to


def test_the_whole_round_trip_ends_in_a_user_token(stand: Stand, visitor: Visitor) -> None:
    back = whole_trip(stand, visitor)
    assert back.startswith(REDIRECT_URI + "?")
    assert back.endswith("#_=_")
    assert query_of(back)["state"] == "a state / 好"
    answer = stand.exchange(code_in(back)).json()
    assert answer["token_type"] == "bearer"
    assert 3600 <= answer["expires_in"] <= 7200
    assert stand.get("me", answer["access_token"]).json() == {"name": "林小姐", "id": LIN}
    listed = stand.get("me/accounts", answer["access_token"]).json()["data"]
    assert [page["id"] for page in listed] == [MORNING, SHANHAI]


def test_the_dialog_opens_with_any_version_and_with_none(stand: Stand) -> None:
    url = stand.dialog_url()
    for other in (url, url.replace("/v25.0/", "/"), url.replace("/v25.0/", "/v19.0/")):
        assert requests.get(other, timeout=5).status_code == 200


def test_a_cancelled_dialog_says_so_and_grants_nothing(stand: Stand, visitor: Visitor) -> None:
    back = visitor.open(stand.dialog_url()).press("/person", person=LIN).press("/cancel").left_to
    assert query_of(back) == {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
        "state": "a state / 好",
    }
    assert "error_description=Permissions+error" in back
    assert stand.look("state")["people"][0]["grant"] is None


def test_a_code_works_once(stand: Stand, visitor: Visitor) -> None:
    code = code_in(whole_trip(stand, visitor))
    assert stand.exchange(code).status_code == 200
    again = stand.exchange(code)
    assert (again.status_code, error_of(again)) == (400, (100, 36009))
    assert again.json()["error"]["message"] == "This authorization code has been used."
    expected = 'OAuth "Facebook Platform" "invalid_code" "This authorization code has been used."'
    assert again.headers["WWW-Authenticate"] == expected


def test_a_code_dies_after_ten_minutes(stand: Stand, visitor: Visitor) -> None:
    code = code_in(whole_trip(stand, visitor))
    stand.control("clock", advance=601)
    assert error_of(stand.exchange(code)) == (100, 36007)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"redirect_uri": REDIRECT_URI + "/"}, (100, 36008)),
        ({"client_secret": "wrong"}, (1, None)),
        ({"client_id": "123"}, (101, None)),
        ({"code": "nonsense"}, (100, None)),
    ],
)
def test_a_code_is_bound_to_app_and_redirect_uri(
    stand: Stand, visitor: Visitor, wrong: dict[str, str], expected: tuple[int, int | None]
) -> None:
    code = code_in(whole_trip(stand, visitor))
    answer = stand.exchange(**{"code": code, **wrong})
    assert (answer.status_code, error_of(answer)) == (400, expected)
    assert stand.exchange(code).status_code == 200


@pytest.mark.parametrize(
    ("method", "challenge", "sent", "status"),
    [
        ("S256", CHALLENGE, VERIFIER, 200),
        ("S256", CHALLENGE, VERIFIER[:-1] + "x", 400),
        ("S256", CHALLENGE, "", 400),
        ("plain", VERIFIER, VERIFIER, 200),
        ("plain", VERIFIER, CHALLENGE, 400),
    ],
)
def test_a_code_with_a_challenge_needs_its_verifier(
    stand: Stand, visitor: Visitor, method: str, challenge: str, sent: str, status: int
) -> None:
    back = whole_trip(stand, visitor, code_challenge=challenge, code_challenge_method=method)
    assert stand.exchange(code_in(back), code_verifier=sent).status_code == status


def test_the_choice_is_remembered_and_offered_at_once(stand: Stand, visitor: Visitor) -> None:
    whole_trip(stand, visitor)
    visitor.open(stand.dialog_url())
    assert visitor.at.endswith("/continue")
    assert "以 林小姐 的身分繼續" in visitor.page
    assert "編輯設定" in visitor.page
    token = stand.exchange(code_in(visitor.press("/continue").left_to)).json()["access_token"]
    listed = stand.get("me/accounts", token).json()["data"]
    assert [page["id"] for page in listed] == [MORNING, SHANHAI]


@pytest.mark.parametrize("way", ["rerequest", "edit settings"])
def test_the_pickers_reopen_with_the_former_ticks(stand: Stand, visitor: Visitor, way: str) -> None:
    whole_trip(stand, visitor)
    if way == "rerequest":
        visitor.open(stand.dialog_url(auth_type="rerequest"))
    else:
        visitor.open(stand.dialog_url())
        visitor.open(visitor.at.replace("/continue", "/pages"))
    assert visitor.ticked("page") == [MORNING, SHANHAI]
    visitor.press("/pages", which="chosen", page=[MORNING])
    assert visitor.ticked("account") == [MORNING_IG]


def test_a_later_login_replaces_the_grant(stand: Stand, visitor: Visitor) -> None:
    whole_trip(stand, visitor)
    visitor.open(stand.dialog_url(auth_type="rerequest")).press("/pages", which="chosen", page=[BOOKSHOP])
    visitor.press("/instagram", which="chosen", account=[SHANHAI_IG])
    token = stand.exchange(code_in(visitor.press("/permissions", permission=list(SCOPES)).left_to)).json()
    listed = stand.get("me/accounts", token["access_token"]).json()["data"]
    assert [page["id"] for page in listed] == [BOOKSHOP]


def test_a_declined_permission_is_only_asked_again_with_rerequest(stand: Stand, visitor: Visitor) -> None:
    visitor.open(stand.dialog_url()).press("/person", person=LIN).press("/pages", which="all")
    visitor.press("/instagram", which="all")
    given = [scope for scope in SCOPES if scope != "pages_messaging"]
    token = stand.exchange(code_in(visitor.press("/permissions", permission=given).left_to)).json()
    rows = stand.get("me/permissions", token["access_token"]).json()["data"]
    assert {"permission": "pages_messaging", "status": "declined"} in rows
    assert {"permission": "public_profile", "status": "granted"} in rows
    visitor.open(stand.dialog_url())
    visitor.open(visitor.at.replace("/continue", "/permissions"))
    assert "pages_messaging" not in visitor.ticked("permission")
    visitor.open(stand.dialog_url(auth_type="rerequest"))
    visitor.open(visitor.at.replace("/pages", "/permissions"))
    assert "pages_messaging" in visitor.ticked("permission")


def test_login_for_business_gives_all_permissions_or_none(stand: Stand, visitor: Visitor) -> None:
    visitor.open(stand.dialog_url(config_id="77", scope="")).press("/person", person=LIN)
    visitor.press("/pages", which="all").press("/instagram", which="all")
    given = [scope for scope in SCOPES if scope != "instagram_basic"]
    token = stand.exchange(code_in(visitor.press("/permissions", permission=given).left_to)).json()
    granted = stand.get("me/permissions", token["access_token"], status="granted").json()["data"]
    assert [row["permission"] for row in granted] == ["public_profile"]


def test_granted_and_denied_scopes_come_back_when_asked_for(stand: Stand, visitor: Visitor) -> None:
    visitor.open(stand.dialog_url(response_type="code,granted_scopes")).press("/person", person=WANG)
    visitor.press("/pages", which="all").press("/instagram", which="all")
    back = visitor.press("/permissions", permission=["pages_show_list"]).left_to
    assert query_of(back)["granted_scopes"] == "pages_show_list,public_profile"
    assert "instagram_basic" in query_of(back)["denied_scopes"].split(",")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"client_id": "1"}, "應用程式編號無效"),
        ({"redirect_uri": "http://127.0.0.1:9/elsewhere"}, "191"),
        ({"redirect_uri": "javascript:alert(1)"}, "191"),
        ({"response_type": "token"}, "response_type"),
    ],
)
def test_a_bad_address_ends_on_a_page_not_in_a_redirect(
    stand: Stand, visitor: Visitor, params: dict[str, str], words: str
) -> None:
    visitor.open(stand.dialog_url(**params))
    assert (visitor.status, visitor.left_to) == (400, "")
    assert words in visitor.page


@pytest.mark.parametrize("cause", ["security_check", "blocking_checkpoint", "unconfirmed"])
def test_a_check_on_facebook_stops_the_login_until_it_is_cleared(stand: Stand, visitor: Visitor, cause: str) -> None:
    stand.cause(cause, person=LIN)
    visitor.open(stand.dialog_url()).press("/person", person=LIN)
    assert visitor.at.endswith("/blocked")
    visitor.open(visitor.at.replace("/blocked", "/permissions"))
    assert visitor.press("/permissions", permission=list(SCOPES)).left_to == ""
    stand.cause(cause, on=False, person=LIN)
    assert whole_trip(stand, Visitor(stand)).startswith(REDIRECT_URI)


def test_a_login_that_is_over_cannot_be_finished_twice(stand: Stand, visitor: Visitor) -> None:
    visitor.open(stand.dialog_url()).press("/person", person=LIN).press("/pages", which="all")
    page = visitor.press("/instagram", which="all").page
    visitor.press("/permissions", permission=list(SCOPES))
    visitor.page, visitor.left_to = page, ""
    visitor.press("/permissions", permission=list(SCOPES))
    assert (visitor.status, visitor.left_to) == (404, "")


def test_the_dialog_speaks_english_when_asked(stand: Stand, visitor: Visitor) -> None:
    visitor.open(stand.dialog_url() + "&lang=en")
    assert '<html lang="en">' in visitor.page
    assert "Continue as Ms Lin" in visitor.page


def test_forms_of_the_dialog_may_only_lead_to_the_app(stand: Stand) -> None:
    policy = requests.get(stand.dialog_url(), timeout=5).headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:9" in policy
    assert "unsafe-inline" not in policy
