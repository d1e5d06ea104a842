"""Deliveries as Meta writes them, and their signatures. Shapes: Messenger Platform webhooks reference."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

ACCOUNT = "17841400000000001"
CUSTOMER = "5614879045272581"
NOON = datetime(2025, 11, 22, 12, 0, tzinfo=UTC)
AT = 1763812800000  # the same, in milliseconds


def event(**inside: Any) -> dict[str, Any]:
    """Something the customer did."""
    return {"sender": {"id": CUSTOMER}, "recipient": {"id": ACCOUNT}, "timestamp": AT} | inside


def echo(**message: Any) -> dict[str, Any]:
    """Something the account wrote."""
    ends = {"sender": {"id": ACCOUNT}, "recipient": {"id": CUSTOMER}}
    return event(message={"is_echo": True} | message) | ends


def entry(*events: dict[str, Any], account: str = ACCOUNT, form: str = "messaging") -> dict[str, Any]:
    return {"id": account, "time": AT, form: list(events)}


def delivery(*entries: dict[str, Any], object: str = "instagram") -> bytes:
    """In Meta's own byte form: everything beyond ASCII escaped, slashes too."""
    text = json.dumps({"object": object, "entry": list(entries)}, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


def dm(text: str = "hello", mid: str = "mid-1", **changes: Any) -> bytes:
    return delivery(entry(event(message={"mid": mid, "text": text}) | changes))


def signature(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
