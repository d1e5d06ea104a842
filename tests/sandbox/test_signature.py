"""Signatures over exact bytes: the published vectors."""

import base64
import hashlib
import hmac
import json

import pytest

from sandbox import signature

SECRET = "0123456789abcdef0123456789abcdef"


def direct(text: str, mid: str) -> dict[str, object]:
    event = {
        "sender": {"id": "5614879045272581"},
        "recipient": {"id": "17841400000000001"},
        "timestamp": 1569262485349,
        "message": {"mid": mid, "text": text},
    }
    entry = {"id": "17841400000000001", "time": 1569262486134, "messaging": [event]}
    return {"object": "instagram", "entry": [entry]}


DASHBOARD = {
    "entry": [
        {
            "id": "0",
            "time": 1724300000,
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "sender": {"id": "12334"},
                        "recipient": {"id": "23245"},
                        "timestamp": "1527459824",
                        "message": {"mid": "random_mid", "text": "random_text"},
                    },
                }
            ],
        }
    ],
    "object": "instagram",
}


@pytest.mark.parametrize(
    ("payload", "length", "sha256"),
    [
        (direct("hello", "MID-1"), 237, "c389cc0af9926b20e5b6174fe4b286df84b3017e15d3b7f9459e7e3f68cb0a78"),
        (
            direct("äöå 你好 ❤️ https://e.x/a", "MID-2"),
            293,
            "ba784536cbf9511e0c632b576b57a8ea8337e46d35283a3f1a4e5c59714c57c1",
        ),
        (DASHBOARD, 232, "3ff7c0c15179c50454de6cadf0fc609fc6d487ccd57015462de1bf2ad2e5114e"),
    ],
)
def test_wire_bytes_and_their_signature_match_the_vectors(payload: object, length: int, sha256: str) -> None:
    body = signature.wire(payload)
    assert len(body) == length
    assert signature.headers(SECRET, body)["X-Hub-Signature-256"] == f"sha256={sha256}"


def test_the_legacy_signature_is_sent_too() -> None:
    body = signature.wire(direct("hello", "MID-1"))
    assert signature.headers(SECRET, body)["X-Hub-Signature"] == "sha1=f21796f41ab97e9bc5d85a3466ece94a4b385fe5"


def test_wire_form_escapes_unicode_and_slashes() -> None:
    assert signature.wire({"text": "äöå"}) == b'{"text":"\\u00e4\\u00f6\\u00e5"}'
    assert signature.wire({"u": "https://e.x/a"}) == b'{"u":"https:\\/\\/e.x\\/a"}'


def test_a_signed_request_is_the_published_one() -> None:
    payload = {"user_id": "10158249017483553", "algorithm": "HMAC-SHA256", "issued_at": 1700000000}
    assert signature.signed_request(SECRET, payload) == (
        "jA0xn6TWPM_Um6plgU0eh16VsQ8kDkmiXteL8iqGLYA."
        "eyJ1c2VyX2lkIjoiMTAxNTgyNDkwMTc0ODM1NTMiLCJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTcwMDAwMDAwMH0"
    )


def opened(signed: str, secret: str) -> dict[str, object]:
    """The payload of a signed_request, read the way an app must."""
    given, _, encoded = signed.partition(".")
    expected = hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)) == expected
    found = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert isinstance(found, dict)
    return found
