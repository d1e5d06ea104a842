"""Signatures, with the reference's own vectors (its section 13)."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.crypto import Secret
from webapp.meta.signature import BadSignedRequest, appsecret_proof, is_signed, read_signed_request

S = "0123456789abcdef0123456789abcdef"
V1 = (
    b'{"object":"instagram","entry":[{"id":"17841400000000001","time":1569262486134,"messaging":[{"sender":'
    b'{"id":"5614879045272581"},"recipient":{"id":"17841400000000001"},"timestamp":1569262485349,'
    b'"message":{"mid":"MID-1","text":"hello"}}]}]}'
)
V1_SIGNATURE = "c389cc0af9926b20e5b6174fe4b286df84b3017e15d3b7f9459e7e3f68cb0a78"
V2 = V1.replace(
    b'"MID-1","text":"hello"',
    rb'"MID-2","text":"\u00e4\u00f6\u00e5 \u4f60\u597d \u2764\ufe0f https:\/\/e.x\/a"',
)
V2_SIGNATURE = "ba784536cbf9511e0c632b576b57a8ea8337e46d35283a3f1a4e5c59714c57c1"
V3 = rb'{"text":"\u00e4\u00f6\u00e5"}'
V4 = (
    b'{"entry":[{"id":"0","time":1724300000,"changes":[{"field":"messages","value":{"sender":{"id":"12334"},'
    b'"recipient":{"id":"23245"},"timestamp":"1527459824","message":{"mid":"random_mid",'
    b'"text":"random_text"}}}]}],"object":"instagram"}'
)
VECTORS = [
    (S, V1, V1_SIGNATURE),
    (S, V2, V2_SIGNATURE),
    ("appsecret", V3, "f823e7ceab4f08bb0b0644678deb928221134967d55acc182a0ae7010ac54852"),
    (
        "appsecret",
        '{"text":"äöå"}'.encode(),
        "21ca3f79773cbfbb67e9f9460c1fb115401ad19708494f0dca76c899909860b3",
    ),
    ("appsecret", b"", "93ebc4268283d28891788ffd4e1c91e9d8334e0a5636bc4ce91a428ec65a396b"),
    (S, V4, "3ff7c0c15179c50454de6cadf0fc609fc6d487ccd57015462de1bf2ad2e5114e"),
]
R1 = (
    "uLQw26KrDdDhZA+Cbvhjm1Y5SB1LiUej9tAXWWXhb9s=.ewogICAib2F1dGhfdG9rZW4iOiAie3VzZXItYWNjZXNzLXRva2VufSIsCiAg"
    "ICJhbGdvcml0aG0iOiAiSE1BQy1TSEEyNTYiLAogICAiZXhwaXJlcyI6IDEyOTE4NDA0MDAsCiAgICJpc3N1ZWRfYXQiOiAxMjkxODM2"
    "ODAwLAogICAidXNlcl9pZCI6ICIyMTg0NzEiCn0="
)
R2 = "vlXgu64BQGFSQrY0ZcJBZASMvYvTHu9GQ0YM9rjPSso.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsIjAiOiJwYXlsb2FkIn0"
R3 = (
    "N32LNcvDGXq0GI1jxm-tj1ysJh2uqkNIBcUhUmTp19k.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImV4cGlyZXMiOjEyOTE4NDA0"
    "MDAsImlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9"
)
R4 = (
    "jA0xn6TWPM_Um6plgU0eh16VsQ8kDkmiXteL8iqGLYA.eyJ1c2VyX2lkIjoiMTAxNTgyNDkwMTc0ODM1NTMiLCJhbGdvcml0aG0iOiJI"
    "TUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTcwMDAwMDAwMH0"
)


def sign_request(payload: bytes, secret: str) -> str:
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=")
    signature = hmac.new(secret.encode(), encoded, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode() + "." + encoded.decode()


@pytest.mark.parametrize(("secret", "body", "signature"), VECTORS)
def test_the_reference_s_bodies_are_signed(secret: str, body: bytes, signature: str) -> None:
    assert is_signed(body, f"sha256={signature}", [Secret(secret)])


@pytest.mark.parametrize(("body", "signature"), [(V1, V1_SIGNATURE), (V2, V2_SIGNATURE)])
def test_the_same_json_in_other_bytes_is_not_signed(body: bytes, signature: str) -> None:
    for other in (json.dumps(json.loads(body)).encode(), body.replace(rb"\/", b"/") + b" ", body + b"\n"):
        assert not is_signed(other, f"sha256={signature}", [Secret(S)])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        V1_SIGNATURE,
        f"sha1={V1_SIGNATURE}",
        "sha1=f21796f41ab97e9bc5d85a3466ece94a4b385fe5",
        f"sha256={V1_SIGNATURE[:-1]}",
        f"sha256=0{V1_SIGNATURE[1:]}",
        f"sha256={V1_SIGNATURE} ",
        "sha256=é\ud800",
    ],
)
def test_a_missing_or_wrong_signature_is_not_taken(header: str | None) -> None:
    assert not is_signed(V1, header, [Secret(S)])


def test_any_of_the_configured_secrets_may_have_signed() -> None:
    assert is_signed(V1, f"sha256={V1_SIGNATURE}", [Secret("another"), Secret(S)])
    assert not is_signed(V1, f"sha256={V1_SIGNATURE}", [Secret("another")])
    assert not is_signed(V1, f"sha256={V1_SIGNATURE}", [])


def test_an_empty_secret_signs_nothing() -> None:
    forged = hmac.new(b"", V1, hashlib.sha256).hexdigest()
    assert not is_signed(V1, f"sha256={forged}", [Secret("")])


@pytest.mark.parametrize(
    ("secret", "token", "proof"),
    [
        ("test", "test", "88cd2108b5347d973cf39cdf9053d7dd42704876d8c9a9bd8e2d168259d3ddf7"),
        (
            "PRIE7$oG2uS-Yf17kEnUEpi5hvW/#AFo",
            "helloWorld",
            "cb064987988fcd658470d6a24f1c68f6d7982c80ab9efb08cb8c84ef88fd03e1",
        ),
        ("appsecret", "EAATESTTOKEN", "f8ee0a54b553507aaf6df0025e43ee955a7fa0c134675b2086c1663df174419a"),
        (
            "appsecret-123",
            "access-token-234",
            "cdfcbc87edc90f8123cd3797a0d6f6f7eedf63d97038a15d1693d297f653d7f2",
        ),
        (S, "EAAB-page-token-0001", "172ee80754da9f83be8664ada2c90dcb0fd546a646b4e84573328b87ab70a0c7"),
    ],
)
def test_the_proof_beside_a_token_is_the_reference_s(secret: str, token: str, proof: str) -> None:
    assert appsecret_proof(Secret(token), Secret(secret)) == proof


@pytest.mark.parametrize(
    ("text", "secret", "user_id"),
    [(R1, "secret", "218471"), (R2, "secret", None), (R3, "appsecret", "218471"), (R4, S, "10158249017483553")],
)
def test_a_signed_request_gives_its_payload(text: str, secret: str, user_id: str | None) -> None:
    assert read_signed_request(text, [Secret(secret)]).get("user_id") == user_id


def test_one_letter_changed_makes_a_signed_request_worthless() -> None:
    with pytest.raises(BadSignedRequest):
        read_signed_request("A" + R4[1:], [Secret(S)])
    with pytest.raises(BadSignedRequest):
        read_signed_request(R4[:-1] + "A", [Secret(S)])
    with pytest.raises(BadSignedRequest):
        read_signed_request(R4, [Secret("another")])


@pytest.mark.parametrize("payload", [b"[]", b"not json", b'{"algorithm":"none"}', b'{"user_id":"1"}'])
def test_a_signed_request_must_be_an_object_that_names_its_algorithm(payload: bytes) -> None:
    with pytest.raises(BadSignedRequest):
        read_signed_request(sign_request(payload, S), [Secret(S)])


def test_an_empty_secret_opens_no_signed_request() -> None:
    with pytest.raises(BadSignedRequest):
        read_signed_request(sign_request(b'{"algorithm":"HMAC-SHA256"}', ""), [Secret("")])


@given(st.text() | st.from_regex(r"\A[\w=+/-]*\.[\w=+/-]*\Z"))
def test_no_text_without_a_signature_gets_through(text: str) -> None:
    with pytest.raises(BadSignedRequest):
        read_signed_request(text, [Secret(S)])


def test_a_request_signed_with_the_secret_before_is_read_while_that_is_kept() -> None:
    assert read_signed_request(R4, [Secret("the newer one"), Secret(S)])["user_id"]
    with pytest.raises(BadSignedRequest):
        read_signed_request(R4, [Secret("the newer one")])
