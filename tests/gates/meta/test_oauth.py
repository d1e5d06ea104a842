"""The dialog's address and the two steps from a code to a long-lived token."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import requests_mock
import time_machine

from tests.gates.meta.conftest import APP_SECRET, ROOT, form, refusal
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError, Kind
from webapp.meta.gateway import SCOPES, UserToken

TOKEN_URL = f"{ROOT}/oauth/access_token"
CALLBACK = "https://console.example.com/channels/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
NOW = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)


def dialog(graph: GraphClient, *, rerequest: bool = False) -> tuple[str, dict[str, str]]:
    url = graph.authorization_url(state="st&te", verifier=VERIFIER, redirect_uri=CALLBACK, rerequest=rerequest)
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
    return f"{parts.scheme}://{parts.netloc}{parts.path}", asked


def exchange(graph: GraphClient) -> UserToken:
    return graph.exchange_code("the-code", verifier=VERIFIER, redirect_uri=CALLBACK)


def test_the_dialog_is_asked_for_a_code_with_proof_of_possession(graph: GraphClient) -> None:
    address, asked = dialog(graph)
    assert address == "https://www.meta.example/v25.0/dialog/oauth"
    assert asked == {
        "client_id": "123456",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": ",".join(SCOPES),
        "state": "st&te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


def test_asking_again_reopens_the_choice_of_pages(graph: GraphClient) -> None:
    assert dialog(graph, rerequest=True)[1]["auth_type"] == "rerequest"


@time_machine.travel(NOW, tick=False)
def test_a_code_becomes_a_long_lived_token(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    answers = [
        {"json": {"access_token": "EAAshort", "token_type": "bearer", "expires_in": 3600}},
        {"json": {"access_token": "EAAlong", "token_type": "bearer", "expires_in": 5183944}},
    ]
    meta.post(TOKEN_URL, answers)
    assert exchange(graph) == UserToken(Secret("EAAlong"), NOW + timedelta(seconds=5183944))
    first, second = (form(request) for request in meta.request_history)
    app = {"client_id": "123456", "client_secret": APP_SECRET}
    assert first == app | {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    assert second == app | {"grant_type": "fb_exchange_token", "fb_exchange_token": "EAAshort"}


def test_every_step_has_a_timeout_and_follows_no_redirect(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(TOKEN_URL, json={"access_token": "EAAlong"})
    exchange(graph)
    assert [request.timeout for request in meta.request_history] == [(2.0, 2.0)] * 2
    assert not any(request.allow_redirects for request in meta.request_history)


@pytest.mark.parametrize("seconds", [None, 0, -5, "soon", True, 10**30])
def test_a_token_without_a_usable_end_has_none(graph: GraphClient, meta: requests_mock.Mocker, seconds: object) -> None:
    meta.post(TOKEN_URL, json={"access_token": "EAAlong", "expires_in": seconds})
    assert exchange(graph) == UserToken(Secret("EAAlong"), None)


@pytest.mark.parametrize("subcode", [36007, 36008, 36009])
def test_a_code_used_expired_or_sent_from_elsewhere_can_be_told_apart(
    graph: GraphClient, meta: requests_mock.Mocker, subcode: int
) -> None:
    meta.post(TOKEN_URL, status_code=400, json=refusal(100, subcode, "This authorization code …"))
    with pytest.raises(GraphError) as caught:
        exchange(graph)
    assert (caught.value.code, caught.value.subcode) == (100, subcode)
    assert len(meta.request_history) == 1


def test_a_short_token_is_never_handed_out_when_the_second_step_fails(
    graph: GraphClient, meta: requests_mock.Mocker
) -> None:
    short = {"json": {"access_token": "EAAshort", "expires_in": 3600}}
    meta.post(TOKEN_URL, [short, {"json": refusal(2, is_transient=True), "status_code": 500}])
    with pytest.raises(GraphError) as caught:
        exchange(graph)
    assert caught.value.meaning.kind is Kind.TRANSIENT


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "<html>Sorry, something went wrong.</html>"},
        {"text": "", "status_code": 502},
        {"json": []},
        {"json": {"token_type": "bearer"}},
        {"json": {"access_token": ""}},
        {"json": {"access_token": 7}},
        {"exc": requests.ReadTimeout("https://x/?client_secret=" + APP_SECRET)},
        {"status_code": 302, "headers": {"Location": "https://elsewhere.example/"}},
    ],
)
def test_no_usable_answer_is_temporary(
    graph: GraphClient, meta: requests_mock.Mocker, answer: dict[str, object]
) -> None:
    meta.post(TOKEN_URL, **answer)
    with pytest.raises(GraphError) as caught:
        exchange(graph)
    assert caught.value.code is None
    assert caught.value.meaning.kind is Kind.TRANSIENT


def test_an_error_that_is_a_word_is_an_error(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(TOKEN_URL, status_code=400, json={"error": "invalid_grant", "error_description": "no"})
    with pytest.raises(GraphError) as caught:
        exchange(graph)
    assert caught.value.type == "invalid_grant"


def test_a_living_long_token_is_exchanged_for_the_next(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.post(TOKEN_URL, json={"access_token": "EAAnext", "expires_in": 5183944})
    fresh = graph.renew_token(Secret("EAAlong"))
    assert fresh.secret.reveal() == "EAAnext"
    assert form(meta.request_history[0])["fb_exchange_token"] == "EAAlong"
