"""Whatever is signed and sent: the door answers 200 or 4xx, the handler digests it or says why, no neighbour is lost.

Everything goes in by the real door and comes out in the inbox, on both databases.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, seed
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.examples import examples
from tests.people import People, make_channel
from tests.rooms.webhooks.forms import ABOUT_PERMISSIONS, ANY_JSON, entries, places, with_instead
from tests.rooms.webhooks.stored import conversations, deliveries, handle_due, messages
from tests.rooms.webhooks.wire import delivery, entry, event
from webapp.accounts.models import Person
from webapp.channels.models import Channel
from webapp.webhooks.actions import NO_CHANNEL

Post = Callable[[bytes], TestResponse]

NEIGHBOUR = "5614879045279999"
# What no key of Meta's should hold: other types, and values that break numbers, texts, clocks and columns.
WRONG = [
    *(None, True, -1, 2**63, 10**400, 1.5, float("nan"), float("inf"), "", "\x00", "\ud800", "９" * 400),
    *([], [None], {}, {"id": {"": []}}),
]
DIGESTED = ("", NO_CHANNEL)
UNREADABLE = ("not JSON", "not an object")


@pytest.fixture(autouse=True)
def shop(house: Flask, people: People) -> Channel:
    return make_channel(people.aurora, people.alice)


def neighbour(mid: str) -> Any:
    """A message as it should be, from a customer who writes nothing else."""
    return entry(event(message={"mid": mid, "text": mid}) | {"sender": {"id": NEIGHBOUR}})


def wrong_entries() -> Iterator[Any]:
    """Every form, with every wrong value at every key."""
    for number, form in enumerate(entries("m")):
        for path in places(form):
            for which, wrong in enumerate(WRONG):
                about = json.dumps(form).replace('"m"', f'"m-{number}-{which}"')
                yield with_instead(json.loads(about), path, wrong)


def crowded(mutated: list[Any], mid: str) -> bytes:
    """A delivery with a neighbour before, among and after the rest."""
    middle = len(mutated) // 2
    told = [neighbour(f"{mid}-a"), *mutated[:middle], neighbour(f"{mid}-b"), *mutated[middle:], neighbour(f"{mid}-c")]
    return json.dumps({"object": "instagram", "entry": told}).encode()


def heard() -> set[str]:
    """The neighbours' messages; none of them twice."""
    told = [one.text for one in messages() if one.text.startswith("near")]
    assert len(told) == len(set(told))
    return set(told)


def waiting() -> dict[str, str]:
    return {one.problem: one.body[:2000].decode(errors="replace") for one in deliveries() if one.handled_at is None}


def test_a_wrong_value_at_any_key_of_any_form_loses_no_neighbour_and_breaks_no_page(
    people: People, post: Post, client: FlaskClient, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    everything = list(wrong_entries())
    portions = range(0, len(everything), 300)
    for start in portions:
        assert post(crowded(everything[start : start + 300], f"near-{start}")).status_code == 200
    handle_due()
    assert waiting() == {}
    assert {one.problem for one in deliveries()} <= set(DIGESTED)
    assert heard() == {f"near-{start}-{place}" for start in portions for place in "abc"}
    alice = sign_in(client, people.alice)
    assert alice.get("/w/aurora/conversations").status_code == 200
    for one in conversations()[:5]:
        assert alice.get(f"/w/aurora/conversations/{one.id}").status_code == 200


WHOLES = [{"object": name, "entry": entries("m")} for name in ("instagram", "page")] + [ABOUT_PERMISSIONS]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A delivery of every form with one to three things in it replaced by anything."""
    whole = draw(st.sampled_from(WHOLES))
    for _ in range(draw(st.integers(1, 3))):
        whole = with_instead(whole, draw(st.sampled_from(list(places(whole)))), draw(ANY_JSON))
    return whole


@seed(20261126)
@examples(10, thorough=60, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(mutated().map(lambda whole: json.dumps(whole).encode()) | st.binary(max_size=99), max_size=6))
def test_whatever_stands_beside_it_a_delivery_is_handled(post: Post, bodies: list[bytes]) -> None:
    near = f"near {len(deliveries())}"
    for body in [*bodies, delivery(neighbour(near))]:
        assert post(body).status_code == 200
    handle_due()
    assert set(waiting()) <= set(UNREADABLE)
    assert {one.problem for one in deliveries()} <= {*DIGESTED, *UNREADABLE}
    assert near in heard()


def _before_a_neighbour(entries: bytes) -> bytes:
    return b'{"object":"instagram","entry":[' + entries + b"," + json.dumps(neighbour("near")).encode() + b"]}"


def _of_a_thousand() -> bytes:
    return json.dumps(entry(*(event(message={"mid": f"m{n}", "text": f"near {n}"}) for n in range(1_100)))).encode()


# Each makes the entries before a neighbour's. PostgreSQL takes 65,535 parameters in a statement.
LARGE: dict[str, Callable[[], bytes]] = {
    "a megabyte of text": lambda: json.dumps(entry(event(message={"mid": "m", "text": "字" * 170_000}))).encode(),
    "nesting as deep as can be read": lambda: b'{"id":' + b"[" * 900 + b"]" * 900 + b"}",
    "more accounts than parameters": lambda: b",".join(b'{"id":%d}' % number for number in range(66_000)),
    "events by the thousand": _of_a_thousand,
}


@pytest.mark.parametrize("shape", LARGE)
def test_large_deliveries_are_handled_whole(post: Post, shape: str) -> None:
    assert post(_before_a_neighbour(LARGE[shape]())).status_code == 200
    handle_due()
    assert waiting() == {}
    assert {"near"} <= heard()
    assert len(heard()) == (1_101 if shape == "events by the thousand" else 1)
