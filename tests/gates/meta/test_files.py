"""Files at the gate: given to Meta before they are sent, fetched from Meta's hosts and from nowhere else."""

import io
import json
from pathlib import Path

import pytest
import requests
import requests_mock

from tests.gates.meta.conftest import APP_SECRET, GRAPH, PAGE_TOKEN, ROOT, query, refusal
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.errors import FileForeign, FileGone, GraphError, Kind, NotSent, OutcomeUnknown
from webapp.meta.files import is_metas
from webapp.meta.gateway import Upload

CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1&signature=s"


def fetch(graph: GraphClient, url: str = CDN, most: int = 1000) -> bytes:
    into = io.BytesIO()
    graph.fetch_file(url, into, most_bytes=most)
    return into.getvalue()


def test_a_file_is_fetched_without_any_token(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.get(CDN, content=b"picture")
    assert fetch(graph) == b"picture"
    asked = meta.last_request
    assert asked is not None
    assert query(asked) == {"asset_id": "1", "signature": "s"}
    assert "Authorization" not in asked.headers
    assert "Cookie" not in asked.headers


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_an_expired_address_is_gone(graph: GraphClient, meta: requests_mock.Mocker, status: int) -> None:
    meta.get(CDN, status_code=status, text="URL signature expired")
    with pytest.raises(FileGone):
        fetch(graph)


def test_trouble_of_the_host_is_temporary(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.get(CDN, status_code=503)
    with pytest.raises(GraphError) as caught:
        fetch(graph)
    assert caught.value.meaning.kind is Kind.TRANSIENT
    meta.get(CDN, exc=requests.ConnectTimeout(CDN))
    with pytest.raises(GraphError) as caught:
        fetch(graph)
    assert "signature" not in str(caught.value)
    assert caught.value.__context__ is None


def test_what_is_larger_than_allowed_is_not_read_on(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.get(CDN, content=b"x" * 1001)
    with pytest.raises(FileForeign):
        fetch(graph)


def test_a_redirect_leads_to_meta_or_nowhere(graph: GraphClient, meta: requests_mock.Mocker) -> None:
    meta.get(CDN, status_code=302, headers={"Location": "https://scontent.xx.fbcdn.net/v/1.jpg"})
    meta.get("https://scontent.xx.fbcdn.net/v/1.jpg", content=b"picture")
    assert fetch(graph) == b"picture"
    meta.get(CDN, status_code=302, headers={"Location": "http://169.254.169.254/latest"})
    inner = meta.get("http://169.254.169.254/latest", content=b"secret")
    with pytest.raises(FileForeign):
        fetch(graph)
    assert not inner.called
    meta.get(CDN, status_code=302, headers={"Location": CDN})
    with pytest.raises(FileForeign):
        fetch(graph)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://lookaside.fbsbx.com/x", True),
        ("https://scontent-tpe1-1.cdninstagram.com:443/x", True),
        (f"{GRAPH}/media/x", True),
        ("http://lookaside.fbsbx.com/x", False),
        ("https://fbsbx.com.evil.example/x", False),
        ("https://evilfbsbx.com/x", False),
        ("https://evil.example/.fbsbx.com", False),
        ("https://evil.example#.fbsbx.com", False),
        ("https://lookaside.fbsbx.com@evil.example/x", False),
        ("https://evil.example\\@lookaside.fbsbx.com/x", False),
        ("https://lookaside.fbsbx.com:99999/x", False),
        ("https://[::1]/x", False),
        ("https://[broken/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_metas_own_hosts_are_asked(url: str, expected: bool) -> None:
    assert is_metas(url, GRAPH) is expected


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    file = tmp_path / "file"
    file.write_bytes(b"picture")
    return Upload("image", file, "杯子.png", "image/png")


def test_a_file_is_given_with_its_platform_and_token(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret, upload: Upload
) -> None:
    meta.post(f"{ROOT}/4225/message_attachments", json={"attachment_id": "1854626884821032"})
    assert graph.upload("4225", page_token, "instagram", upload) == "1854626884821032"
    body = meta.last_request.body
    for part in (b"picture", b'name="filedata"', b"image/png", b"instagram", PAGE_TOKEN.encode(), b"appsecret_proof"):
        assert part in body
    assert APP_SECRET.encode() not in body
    assert "access_token" not in meta.last_request.url


def test_giving_a_file_that_gets_no_answer_may_be_repeated(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret, upload: Upload
) -> None:
    meta.post(f"{ROOT}/4225/message_attachments", exc=requests.ReadTimeout)
    with pytest.raises(GraphError) as caught:
        graph.upload("4225", page_token, "messenger", upload)
    assert caught.value.meaning.kind is Kind.TRANSIENT
    assert not isinstance(caught.value, OutcomeUnknown)
    meta.post(f"{ROOT}/4225/message_attachments", status_code=400, json=refusal(100, 2018047))
    with pytest.raises(GraphError) as caught:
        graph.upload("4225", page_token, "messenger", upload)
    assert caught.value.meaning.kind is Kind.REQUEST


def test_a_given_file_is_sent_by_its_id_and_its_outcome_may_be_unknown(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    url = f"{ROOT}/4225/messages"
    meta.post(url, json={"message_id": "m"})
    assert graph.send_file("4225", page_token, "561", "video", "18", human_agent=True) == "m"
    assert "HUMAN_AGENT" in meta.last_request.text
    assert json.dumps("18")[1:-1] in meta.last_request.text
    for failure, kind in ((requests.ReadTimeout, OutcomeUnknown), (requests.ConnectTimeout, NotSent)):
        meta.post(url, exc=failure)
        with pytest.raises(kind):
            graph.send_file("4225", page_token, "561", "video", "18", human_agent=False)
