"""What every answer carries, part by part: a page that stays in a cache or a frame is as open as a door."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import People
from webapp.accounts.models import Person
from webapp.web.security import local_path

Enter = Callable[[FlaskClient, Person], FlaskClient]


def policy_of(client: FlaskClient, path: str) -> dict[str, list[str]]:
    parts = client.get(path).headers["Content-Security-Policy"].split(";")
    return {name: values for name, *values in (part.split() for part in parts)}


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-here", "/w/aurora", "/w/aurora/social-channels"])
def test_the_policy_opens_nothing_beyond_this_house(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter, path: str
) -> None:
    policy = policy_of(sign_in(client, people.alice), path)
    assert {name: values for name, values in policy.items() if name not in ("img-src", "media-src", "form-action")} == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert policy["form-action"] == ["'self'", app.extensions["config"].meta_dialog_url]
    assert "*" not in policy["img-src"] + policy["media-src"]


def test_no_page_of_a_person_stays_in_a_cache(client: FlaskClient, people: People, sign_in: Enter) -> None:
    sign_in(client, people.alice)
    for path in ("/w/aurora", "/w/aurora/conversations", "/w/aurora/social-channels", "/nothing-here", "/sign-in"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


def test_no_address_of_ours_is_told_to_another_site(client: FlaskClient) -> None:
    """Not `no-referrer` either: over https the forms' protection asks where they come from."""
    for path in ("/sign-in", "/nothing-here"):
        assert client.get(path).headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "target",
    [
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\n//evil.example",
        "/x\\evil.example",
        "/\x00/evil.example",
        "///evil.example",
        "https:/evil.example",
        "evil.example",
        "",
        None,
    ],
)
def test_only_a_plain_path_of_ours_is_followed(target: str | None) -> None:
    """Browsers drop tabs and line ends inside an address, so that what looks like a path here is a host there."""
    assert local_path(target) is None


@pytest.mark.parametrize("target", ["/", "/w/aurora/social-channels?tab=facebook-pages", "/w/aurora/channels/7#top"])
def test_a_path_of_ours_is_followed(target: str) -> None:
    assert local_path(target) == target
