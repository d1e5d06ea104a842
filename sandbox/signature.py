"""The two signatures Meta makes with the app secret: over webhook bytes, and in a signed_request."""

import base64
import hashlib
import hmac
import json
from typing import Any


def wire(payload: Any) -> bytes:
    """The bytes as Meta sends them: compact, non-ASCII escaped, and every slash as `\\/`."""
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")


def headers(secret: str, body: bytes) -> dict[str, str]:
    """X-Hub-Signature-256 and the legacy X-Hub-Signature over exactly these bytes."""
    key = secret.encode()
    return {
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
        "X-Hub-Signature": "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest(),
    }


def signed_request(secret: str, payload: dict[str, Any]) -> str:
    """`base64url(sig).base64url(json)`; the signature is over the encoded payload, without padding."""
    encoded = _base64url(json.dumps(payload, separators=(",", ":")).encode())
    digest = hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest()
    return f"{_base64url(digest)}.{encoded}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
