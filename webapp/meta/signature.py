"""Meta's signatures: on webhooks, on calls with a token, and on the deauthorise and deletion callbacks.

Sources: Webhooks "Validating payloads", "Securing Graph API calls", "Data deletion callback".
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence

from webapp.core.crypto import Secret


class BadSignedRequest(Exception):
    """A signed_request that is malformed or was not signed with our app secret."""


def is_signed(body: bytes, header: str | None, secrets: Sequence[Secret]) -> bool:
    """Whether the X-Hub-Signature-256 `header` fits the body as received, under any of the secrets."""
    given = (header or "").encode(errors="replace")
    return any(hmac.compare_digest(b"sha256=" + _hex(secret, body).encode(), given) for secret in secrets if secret)


def appsecret_proof(token: Secret, secret: Secret) -> str:
    """The proof that goes beside an access token: hex HMAC-SHA256 of the token under the app secret."""
    return prover(secret)(token.reveal())


def prover(secret: Secret) -> Callable[[str], str]:
    """Writes the proofs of many opened tokens under one app secret, whose key is prepared once."""
    prepared = hmac.new(secret.reveal().encode(), digestmod="sha256")

    def proof(token: str) -> str:
        signing = prepared.copy()
        signing.update(token.encode())
        return signing.hexdigest()

    return proof


def read_signed_request(text: str, secrets: Sequence[Secret]) -> dict[str, object]:
    """The payload of a signed_request (`user_id`, `issued_at`, …) under any of the secrets; raises BadSignedRequest."""
    signature, dot, payload = text.strip().partition(".")
    if not dot:
        raise BadSignedRequest("not a signed request")
    given, message = _decode(signature), payload.encode(errors="replace")
    if not any(hmac.compare_digest(_digest(secret, message), given) for secret in secrets if secret):
        raise BadSignedRequest("signature does not fit")
    fields = _json(_decode(payload))
    if not isinstance(fields, dict) or fields.get("algorithm") != "HMAC-SHA256":
        raise BadSignedRequest("unknown algorithm")
    return fields


def _hex(secret: Secret, message: bytes) -> str:
    return _digest(secret, message).hex()


def _digest(secret: Secret, message: bytes) -> bytes:
    return hmac.digest(secret.reveal().encode(), message, "sha256")


def _decode(text: str) -> bytes:
    """base64url with or without padding; some senders use the standard alphabet."""
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSignedRequest("not base64") from None


def _json(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadSignedRequest("payload is not JSON") from None
