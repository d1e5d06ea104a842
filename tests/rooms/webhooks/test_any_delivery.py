"""Whatever comes instead of a delivery: it is read as far as it goes or refused by name, and nothing else is raised."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.rooms.webhooks.forms import ANY_JSON, places, with_instead
from tests.rooms.webhooks.wire import AT, NOON, entry, event
from webapp.webhooks.rules import Unreadable, read

FULL = event(
    message={
        "mid": "m",
        "text": "x",
        "is_echo": False,
        "is_deleted": False,
        "reply_to": {"mid": "o", "story": {"url": "https://cdn.example/s"}},
        "attachments": [{"type": "image", "payload": {"url": "https://cdn.example/x", "title": "t"}}],
    }
)
OTHERS = [
    event(message_edit={"mid": "m", "text": "n"}),
    event(reaction={"mid": "m", "action": "react", "emoji": "x"}),
    event(read={"mid": "m", "watermark": AT}),
    event(delivery={"watermark": AT}),
    event(postback={"mid": "p", "title": "t", "payload": "p"}),
    {"field": "messages", "value": FULL},
]
WHOLE = {"object": "instagram", "entry": [entry(FULL, *OTHERS[:5]), entry(OTHERS[5], form="changes")]}


@pytest.mark.parametrize("body", [b"", b"hello", b"[1,2]", b"null", b"\xff\xfe", b"[" * 200_000, b"1" * 5000])
def test_what_is_no_delivery_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, NOON)


def test_objects_about_other_things_bring_no_messages() -> None:
    assert read(b'{"object":"permissions","entry":[{"id":"0","changes":[]}]}', NOON).platform is None


@examples(150, thorough=1000)
@given(st.sampled_from(list(places(WHOLE))), ANY_JSON)
def test_a_wrong_type_at_any_key_never_raises(path: tuple[Any, ...], wrong: Any) -> None:
    body = json.dumps(with_instead(WHOLE, path, wrong)).encode()
    try:
        told = read(body, NOON)
    except Unreadable:
        assert not path
        return
    for one in (one for part in told.entries for one in part.events):
        assert one.contact_id
        assert one.at.tzinfo is not None
        assert one.at <= NOON


@examples(100, thorough=1000)
@given(st.binary(max_size=200) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Unreadable):
        assert read(body, NOON).entries is not None
