"""Every address says who may open it, and means it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.people import People, make_channel
from webapp.accounts.models import Person

Enter = Callable[[FlaskClient, Person], FlaskClient]


def rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def access_of(app: Flask, rule: Rule) -> str:
    return getattr(app.view_functions[rule.endpoint], "access", "")


def workspace_requests(app: Flask, slug: str, **values: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every address of a workspace, with these values filled in."""
    adapter = app.url_map.bind("localhost")
    for rule in rules(app):
        if "slug" not in rule.arguments:
            continue
        filled = {name: values.get(name, 1) for name in rule.arguments} | {"slug": slug}
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, adapter.build(rule.endpoint, filled, method=method)


def test_every_view_says_who_may_open_it(app: Flask) -> None:
    silent = [rule.rule for rule in rules(app) if not access_of(app, rule)]
    assert silent == []


def test_every_address_of_a_workspace_asks_for_membership(app: Flask) -> None:
    open_ones = [
        rule.rule for rule in rules(app) if "slug" in rule.arguments and not access_of(app, rule).startswith("member:")
    ]
    assert open_ones == []


def test_addresses_are_kebab_case_nouns(app: Flask) -> None:
    # Old deep links keep the form in which they were mailed out.
    odd = [
        rule.rule
        for rule in rules(app)
        if rule.rule != "/integration.html"
        and any(part != part.lower() or "_" in part for part in _fixed_parts(rule.rule))
    ]
    assert odd == []


def _fixed_parts(rule: str) -> list[str]:
    return [part for part in rule.split("/") if part and not part.startswith("<")]


def test_a_stranger_gets_404_on_every_address_of_a_workspace(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter
) -> None:
    with app.app_context():
        channel = make_channel(people.aurora, people.alice)
    sign_in(client, people.dave)
    seen = {
        (method, path): client.open(path, method=method).status_code
        for method, path in workspace_requests(app, "aurora", channel_id=channel.id)
    }
    assert len(seen) > 8
    assert {request: status for request, status in seen.items() if status != 404} == {}


def test_a_row_of_another_workspace_is_not_there(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter
) -> None:
    """Dave is an admin of borealis; ids of aurora's rows open nothing under his own address."""
    with app.app_context():
        channel = make_channel(people.aurora, people.alice)
    sign_in(client, people.dave)
    requests = [
        (method, path)
        for method, path in workspace_requests(app, "borealis", channel_id=channel.id)
        if f"/{channel.id}" in path
    ]
    assert requests
    assert {request: client.open(request[1], method=request[0]).status_code for request in requests} == dict.fromkeys(
        requests, 404
    )


def test_somebody_who_is_not_signed_in_is_led_to_the_door(app: Flask, client: FlaskClient, people: People) -> None:
    for method, path in workspace_requests(app, "aurora"):
        answer = client.open(path, method=method)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("role", ["bob", "mark"])
def test_a_colleague_without_the_right_is_told_whom_to_ask(
    app: Flask, client: FlaskClient, people: People, sign_in: Enter, role: str
) -> None:
    with app.app_context():
        channel = make_channel(people.aurora, people.alice)
    sign_in(client, getattr(people, role))
    for path in (f"/w/aurora/channels/{channel.id}/authorization", f"/w/aurora/channels/{channel.id}/disconnection"):
        answer = client.post(path)
        assert answer.status_code == 403
        assert "Ask Alice" in answer.text
