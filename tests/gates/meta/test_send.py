"""Sending a text: sent, refused, or unknown, and never sent twice for not knowing."""

import json

import pytest
import requests
import requests_mock
from cryptography.fernet import Fernet

from tests.gates.meta.conftest import ROOT, form, refusal
from webapp.core.crypto import SealedSecret, Secret, key_ring
from webapp.meta.client import GraphClient
from webapp.meta.errors import GraphError, Kind, NotSent, OutcomeUnknown

URL = f"{ROOT}/4225/messages"


def send(graph: GraphClient, token: Secret, *, human_agent: bool = False) -> str:
    return graph.send_text("4225", token, "561", "你好 ❤️ & =", human_agent=human_agent)


def test_a_text_is_sent_once_and_its_id_comes_back(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.post(URL, json={"recipient_id": "561", "message_id": "aWdfZAG1faXRlbTox"})
    assert send(graph, page_token) == "aWdfZAG1faXRlbTox"
    sent = form(meta.last_request)
    assert json.loads(sent["recipient"]) == {"id": "561"}
    assert json.loads(sent["message"]) == {"text": "你好 ❤️ & ="}
    assert sent["messaging_type"] == "RESPONSE"
    assert "tag" not in sent
    assert meta.call_count == 1


def test_a_late_answer_of_a_person_carries_the_human_agent_tag(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.post(URL, json={"message_id": "m"})
    send(graph, page_token, human_agent=True)
    sent = form(meta.last_request)
    assert (sent["messaging_type"], sent["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (10, 2534022, Kind.WINDOW),
        (551, 1545041, Kind.RECIPIENT),
        (10, 2018300, Kind.ROUTING),
        (190, 460, Kind.CREDENTIALS),
        (2, None, Kind.TRANSIENT),
        (80006, None, Kind.TRANSIENT),
        (1, None, Kind.TRANSIENT),
    ],
)
def test_a_refused_text_was_not_sent_and_says_why(
    graph: GraphClient,
    meta: requests_mock.Mocker,
    page_token: Secret,
    code: int,
    subcode: int | None,
    kind: Kind,
) -> None:
    meta.post(URL, status_code=400, json=refusal(code, subcode))
    with pytest.raises(GraphError) as caught:
        send(graph, page_token)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert caught.value.meaning.kind is kind


@pytest.mark.parametrize(
    "answer",
    [
        {"exc": requests.ReadTimeout},
        {"exc": requests.ConnectionError("Connection aborted.")},
        {"exc": requests.exceptions.ChunkedEncodingError},
        {"text": "<html>502</html>", "status_code": 502},
        {"text": "", "status_code": 200},
        {"json": {"recipient_id": "561"}},
        {"json": []},
        {"json": refusal(1, 1357046, "Received invalid JSON reply"), "status_code": 500},
        {"status_code": 302, "headers": {"Location": "https://elsewhere.example"}},
    ],
)
def test_without_a_clear_answer_the_outcome_is_unknown(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret, answer: dict[str, object]
) -> None:
    meta.post(URL, **answer)
    with pytest.raises(OutcomeUnknown):
        send(graph, page_token)
    assert meta.call_count == 1


def test_a_connection_that_was_never_made_sent_nothing(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.post(URL, exc=requests.ConnectTimeout)
    with pytest.raises(NotSent) as caught:
        send(graph, page_token)
    assert caught.value.meaning.kind is Kind.TRANSIENT


def test_a_token_that_no_key_opens_sends_nothing(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    lost = SealedSecret("gAAAAA", key_ring([Fernet.generate_key().decode()]))
    with pytest.raises(NotSent):
        send(graph, lost)
    assert not meta.called
