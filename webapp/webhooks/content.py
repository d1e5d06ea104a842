"""What is in a delivery, for operators who look why it fails: its shape, without secrets, and not all of its length.

Customers' words stay in it: whoever may read it must be told so.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select

from webapp.core import db
from webapp.core.logs import struck
from webapp.meta.values import a_text
from webapp.webhooks.models import Delivery

LONGEST = 20_000
LONGEST_TEXT = 500
MOST_ELEMENTS = 50
DEEPEST = 12

# What opens something, by the name that it has at Meta: opt-in tokens, linking codes, signatures, proofs.
_SECRET = re.compile(r"token|secret|signature|password|proof|authorization|(^|_)code$", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Told:
    """`text` is JSON where the delivery was; `size` in bytes; `is_whole`: nothing was cut."""

    text: str
    size: int
    is_whole: bool


def of(number: int) -> Told:
    """Of the delivery with that number; raises NoResultFound."""
    body = db.session().scalars(select(Delivery.body).where(Delivery.id == number)).one()
    text = safe(body)
    return Told(text[:LONGEST], len(body), len(text) <= LONGEST)


def safe(body: bytes) -> str:
    """Never raises, whatever the bytes are."""
    try:
        shown = json.dumps(_safe(json.loads(body), 0), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        shown = _shortened(
            "".join(one if one.isprintable() else "·" for one in body[:LONGEST].decode(errors="replace"))
        )
    return struck(shown)


def _safe(value: object, depth: int) -> object:
    if isinstance(value, str):
        return _shortened(a_text(value))
    if depth == DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        inside = {a_text(name)[:LONGEST_TEXT]: one for name, one in list(value.items())[:MOST_ELEMENTS]}
        told = {name: "•••" if _SECRET.search(name) else _safe(one, depth + 1) for name, one in inside.items()}
        return told | ({"…": len(value) - MOST_ELEMENTS} if len(value) > MOST_ELEMENTS else {})
    if isinstance(value, list):
        rest = [f"… + {len(value) - MOST_ELEMENTS}"] if len(value) > MOST_ELEMENTS else []
        return [_safe(one, depth + 1) for one in value[:MOST_ELEMENTS]] + rest
    return value if isinstance(value, bool | float | None) or abs(value) < 10**60 else "…"  # type: ignore[arg-type]


def _shortened(text: str) -> str:
    """Addresses without what follows the question mark, for it opens the file; long texts cut."""
    text = _ADDRESS.sub(lambda found: _place(found[0]), text)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text)})"


def _place(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "…"
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}" + ("?…" if parts.query or parts.fragment else "")
