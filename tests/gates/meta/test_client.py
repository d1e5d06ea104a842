"""One question after the other: what goes over the wire, and what is made of the answer."""

import pytest
import requests_mock

from tests.gates.meta.conftest import APP_SECRET, PAGE_TOKEN, ROOT, USER_TOKEN, form, query, refusal
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import Cause, GraphError, Kind, Meaning
from webapp.meta.gateway import PAGE_FIELDS, FacebookUser, InstagramAccount, Page, Profile
from webapp.meta.signature import appsecret_proof

LINKED = {
    "id": "17841400000000001",
    "username": "cisco",
    "name": "Cisco",
    "profile_picture_url": "https://cdn.example/c.jpg",
}
CISCO = {
    "access_token": PAGE_TOKEN,
    "category": "Pet Service",
    "name": "Cisco Dog Page",
    "id": "4225",
    "tasks": ["MESSAGING", "MANAGE"],
    "picture": {"data": {"url": "https://cdn.example/p.jpg", "is_silhouette": False}},
    "instagram_business_account": LINKED,
    "connected_instagram_account": {"id": "17841400000000001", "username": "cisco"},
}


def test_a_call_carries_the_token_and_its_proof(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    meta.get(f"{ROOT}/me", json={"id": "1207059", "name": "林小姐"})
    assert graph.whoami(user_token) == FacebookUser("1207059", "林小姐")
    request = meta.last_request
    assert query(request) == {
        "fields": "id,name",
        "access_token": USER_TOKEN,
        "appsecret_proof": appsecret_proof(user_token, Secret(APP_SECRET)),
    }
    assert request.timeout == (2.0, 2.0)
    assert not request.allow_redirects


def test_permissions_are_told_one_by_one(graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret) -> None:
    told = [
        {"permission": "public_profile", "status": "granted"},
        {"permission": "pages_messaging", "status": "declined"},
    ]
    meta.get(f"{ROOT}/me/permissions", json={"data": told})
    assert graph.permissions(user_token) == {"public_profile": "granted", "pages_messaging": "declined"}


def test_a_page_is_read_with_its_token_and_instagram_account(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    meta.get(f"{ROOT}/4225", json=CISCO)
    assert graph.page("4225", user_token) == Page(
        id="4225",
        name="Cisco Dog Page",
        token=Secret(PAGE_TOKEN),
        tasks=frozenset({"MESSAGING", "MANAGE"}),
        picture_url="https://cdn.example/p.jpg",
        instagram=InstagramAccount("17841400000000001", "cisco", "Cisco", "https://cdn.example/c.jpg"),
        half_linked=None,
    )


def test_an_account_connected_in_the_settings_only_is_half_linked(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    half = {"id": 4225, "name": "花見花店", "connected_instagram_account": {"id": "1784", "username": "hanami"}}
    meta.get(f"{ROOT}/4225", json=half)
    page = graph.page("4225", user_token)
    assert page == Page("4225", "花見花店", half_linked=InstagramAccount("1784", "hanami"))


@pytest.mark.parametrize("token", ["", None, 7])
def test_a_page_without_a_token_has_none(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret, token: object
) -> None:
    meta.get(f"{ROOT}/4225", json={"id": "4225", "name": "x", "access_token": token})
    assert graph.page("4225", user_token).token is None


@pytest.mark.parametrize("success", [True, "true"])
def test_subscribing_sends_the_whole_list_of_fields(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret, success: object
) -> None:
    meta.post(f"{ROOT}/4225/subscribed_apps", json={"success": success})
    graph.subscribe("4225", page_token)
    sent = form(meta.last_request)
    assert sent["subscribed_fields"].split(",") == list(PAGE_FIELDS)
    assert sent["access_token"] == PAGE_TOKEN
    assert "?" not in meta.last_request.url


@pytest.mark.parametrize("answer", [{"success": False}, {}, {"success": "no"}])
def test_what_meta_does_not_call_done_is_not_done(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret, answer: dict[str, object]
) -> None:
    meta.post(f"{ROOT}/4225/subscribed_apps", json=answer)
    meta.delete(f"{ROOT}/4225/subscribed_apps", json=answer)
    with pytest.raises(GraphError):
        graph.subscribe("4225", page_token)
    with pytest.raises(GraphError):
        graph.unsubscribe("4225", page_token)


def test_subscribed_fields_are_those_of_our_app_only(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    others = {"id": "999", "name": "Other", "subscribed_fields": ["feed"]}
    ours = {"id": 123456, "name": "Ours", "subscribed_fields": ["messages", "standby"]}
    meta.get(f"{ROOT}/4225/subscribed_apps", json={"data": [others, ours]})
    assert graph.subscribed_fields("4225", page_token) == {"messages", "standby"}


def test_a_page_without_our_app_has_no_subscribed_fields(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.get(f"{ROOT}/4225/subscribed_apps", json={"data": []})
    assert graph.subscribed_fields("4225", page_token) == frozenset()


def test_unsubscribing_takes_the_app_off_the_page(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.delete(f"{ROOT}/4225/subscribed_apps", json={"success": True})
    graph.unsubscribe("4225", page_token)
    assert query(meta.last_request)["access_token"] == PAGE_TOKEN


@pytest.mark.parametrize("data", [[], [{"id": "aWdf"}]])
def test_an_empty_inbox_is_access_too(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret, data: list[object]
) -> None:
    meta.get(f"{ROOT}/4225/conversations", json={"data": data})
    graph.probe_access("instagram", "4225", page_token)
    asked = query(meta.last_request)
    assert (asked["platform"], asked["limit"], asked["fields"]) == ("instagram", "1", "id")


@pytest.mark.parametrize(
    ("code", "subcode", "meaning"),
    [
        (200, 2534041, Meaning(Kind.CHANNEL, Cause.ACCESS_OFF)),
        (100, 2534013, Meaning(Kind.CHANNEL, Cause.INSTAGRAM_UNLINKED)),
        (10, 2534077, Meaning(Kind.CHANNEL, Cause.TWO_FACTOR)),
        (36103, None, Meaning(Kind.CHANNEL, Cause.NOT_BUSINESS)),
        (10, None, Meaning(Kind.PERMISSION)),
        (190, 458, Meaning(Kind.CREDENTIALS, Cause.APP_REMOVED)),
    ],
)
def test_a_refused_probe_says_what_stands_in_the_way(
    graph: GraphClient,
    meta: requests_mock.Mocker,
    page_token: Secret,
    code: int,
    subcode: int | None,
    meaning: Meaning,
) -> None:
    meta.get(f"{ROOT}/4225/conversations", status_code=403, json=refusal(code, subcode))
    with pytest.raises(GraphError) as caught:
        graph.probe_access("instagram", "4225", page_token)
    assert caught.value.meaning == meaning
    assert caught.value.trace_id == "EJplcsCHuLu"


@pytest.mark.parametrize(
    ("platform", "answer", "profile"),
    [
        (
            "instagram",
            {"name": "Amy", "username": "amy", "profile_pic": "https://cdn.example/a.jpg", "id": "561"},
            Profile("561", "Amy", "amy", "https://cdn.example/a.jpg"),
        ),
        ("instagram", {"name": None, "username": "amy", "profile_pic": None}, Profile("561", "", "amy")),
        ("messenger", {"first_name": "Amy", "last_name": "Lin"}, Profile("561", "Amy Lin")),
        ("messenger", {"first_name": "小美", "last_name": "林"}, Profile("561", "林小美")),
        ("messenger", {"first_name": "小美"}, Profile("561", "小美")),
        ("messenger", {}, Profile("561")),
    ],
)
def test_a_customer_may_leave_anything_empty(
    graph: GraphClient,
    meta: requests_mock.Mocker,
    page_token: Secret,
    platform: str,
    answer: dict[str, object],
    profile: Profile,
) -> None:
    meta.get(f"{ROOT}/561", json=answer)
    assert graph.profile("561", page_token, platform) == profile


def test_only_the_fields_of_the_platform_are_asked(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.get(f"{ROOT}/561", json={})
    graph.profile("561", page_token, "instagram")
    assert query(meta.last_request)["fields"] == "name,username,profile_pic"
    graph.profile("561", page_token, "messenger")
    assert query(meta.last_request)["fields"] == "first_name,last_name,profile_pic"


def test_an_error_inside_a_200_is_an_error(graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret) -> None:
    meta.get(f"{ROOT}/me", status_code=200, json=refusal(190, 460))
    with pytest.raises(GraphError) as caught:
        graph.whoami(user_token)
    assert (caught.value.code, caught.value.subcode, caught.value.http_status) == (190, 460, 200)


def test_an_id_can_never_lead_to_another_address(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.get(requests_mock.ANY, json={})
    graph.profile("561?fields=x/../me", page_token, "instagram")
    assert meta.last_request.url.startswith(f"{ROOT}/561%3Ffields%3Dx%2F..%2Fme?")


def test_the_app_s_usage_of_its_limits_is_remembered(
    graph: GraphClient, meta: requests_mock.Mocker, user_token: Secret
) -> None:
    usage = '{"call_count":28,"total_time":25,"total_cputime":25}'
    answers = [{"json": {"id": "1"}, "headers": {"x-app-usage": text}} for text in (usage, "[]", "odd", "")]
    meta.get(f"{ROOT}/me", answers)
    for _ in answers:
        graph.whoami(user_token)
        assert graph.app_usage == {"call_count": 28, "total_time": 25, "total_cputime": 25}
