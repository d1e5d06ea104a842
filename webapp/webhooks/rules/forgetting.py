"""What a delivery may still say of messages that were taken back."""

import json
from collections.abc import Collection
from typing import Any

from webapp.meta.values import a_list, an_id, an_object
from webapp.webhooks.rules.delivery import items

_WORDS = ("message", "message_edit", "postback")


def without_words(body: bytes, mids: Collection[str]) -> bytes:
    """The delivery with nothing but their removal where it tells of these messages; raises ValueError.

    Handled once more, it brings nothing back.
    """
    envelope = json.loads(body)
    for entry in a_list(an_object(envelope).get("entry")):
        for item in items(an_object(entry)):
            _take_out(item, mids)
    return json.dumps(envelope, separators=(",", ":")).encode()


def _take_out(item: Any, mids: Collection[str]) -> None:
    for name in _WORDS:
        mid = an_id(an_object(item.get(name)).get("mid"))
        if mid and mid in mids:
            del item[name]
            item["message"] = {"mid": mid, "is_deleted": True}
            return
