"""What protects the console. Each of these was seen to fail with its protection taken away."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config, ConfigError
from tests.people import PASSWORD, People
from webapp.accounts.models import Person
from webapp.app import create_app
from webapp.web.security import content_security_policy

Enter = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def guarded(app: Flask) -> Iterator[FlaskClient]:
    """A browser with CSRF protection on, as in real life."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False


def token_in(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_form_without_the_token_of_this_session_changes_nothing(guarded: FlaskClient, people: People) -> None:
    answer = guarded.post("/sign-in", data={"email": people.alice.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert guarded.get("/w/aurora").status_code == 303


def test_a_form_with_its_token_works(guarded: FlaskClient, people: People) -> None:
    token = token_in(guarded.get("/sign-in").text)
    data = {"email": people.alice.email, "password": PASSWORD, "csrf_token": token}
    assert guarded.post("/sign-in", data=data).status_code == 303


def test_a_token_of_another_session_is_refused(app: Flask, guarded: FlaskClient, people: People) -> None:
    stolen = token_in(app.test_client().get("/sign-in").text)
    guarded.get("/sign-in")
    data = {"email": people.alice.email, "password": PASSWORD, "csrf_token": stolen}
    assert guarded.post("/sign-in", data=data).status_code == 400


@pytest.mark.parametrize(
    ("came_from", "way_on"),
    [
        ("http://localhost/sign-in?next=%2Faccount", "/sign-in?next=%2Faccount"),
        ("http://localhost.evil.example/sign-in", "/"),
        ("", "/"),
    ],
)
def test_a_form_that_was_open_too_long_leads_back_to_its_page(
    guarded: FlaskClient, people: People, came_from: str, way_on: str
) -> None:
    answer = guarded.post("/sign-in", data={"email": people.alice.email}, headers={"Referer": came_from})
    assert f'href="{way_on}" class="button is-primary"' in answer.text


def test_every_changing_address_but_metas_wants_the_token(app: Flask, guarded: FlaskClient, people: People) -> None:
    token = token_in(guarded.get("/sign-in").text)
    guarded.post("/sign-in", data={"email": people.alice.email, "password": PASSWORD, "csrf_token": token})
    adapter = app.url_map.bind("localhost")
    open_ones = []
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            filled = dict.fromkeys(rule.arguments, 1) | ({"slug": "aurora"} if "slug" in rule.arguments else {})
            path = adapter.build(rule.endpoint, filled, method=method)
            answer = guarded.open(path, method=method)
            if answer.status_code != 400 and not path.startswith("/webhooks/meta"):
                open_ones.append((method, path, answer.status_code))
    assert open_ones == []


def test_every_page_carries_the_policy(client: FlaskClient) -> None:
    for path in ("/sign-in", "/nothing-here", "/healthz"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_the_policy_in_production_names_no_sandbox(config_with: Callable[..., Config]) -> None:
    real = config_with(
        meta_graph_url="https://graph.facebook.com",
        meta_dialog_url="https://www.facebook.com",
        base_url="https://console.example",
    )
    policy = content_security_policy(real)
    assert "127.0.0.1" not in policy
    assert "form-action 'self' https://www.facebook.com" in policy


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_over_https_the_cookie_never_travels_in_the_clear(config_with: Callable[..., Config]) -> None:
    app = create_app(config_with(base_url="https://console.example"))
    answer = app.test_client().get("/sign-in", base_url="https://console.example")
    assert "__Host-omnichat=" in answer.headers["Set-Cookie"]
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    app.extensions["engine"].dispose()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("TOKEN_KEYS", "not a key"),
        ("DATABASE_URL", "mysql://x"),
        ("BASE_URL", "console"),
        ("MAIL_PORT", "many"),
        ("META_TIMEOUT", "0"),
        ("WORKER", "sometimes"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(config: Config, name: str, value: str) -> None:
    good = {
        "ENVIRONMENT": "test",
        "BASE_URL": "http://localhost",
        "SECRET_KEY": "x" * 40,
        "TOKEN_KEYS": config.token_keys[0],
        "DATABASE_URL": "sqlite:///x",
        "META_APP_ID": "1",
        "META_APP_SECRET": "x" * 20,
        "META_VERIFY_TOKEN": "x" * 20,
        "MAIL_SERVER": "localhost",
        "MAIL_SENDER": "a@b.example",
    }
    Config.from_env(good)
    with pytest.raises(ConfigError, match=name):
        Config.from_env(good | {name: value})


def test_production_refuses_the_sandbox(config: Config) -> None:
    with pytest.raises(ConfigError, match="META_GRAPH_URL"):
        Config.from_env(
            {
                "BASE_URL": "https://console.example",
                "SECRET_KEY": "x" * 40,
                "TOKEN_KEYS": config.token_keys[0],
                "DATABASE_URL": "sqlite:///x",
                "META_APP_ID": "1",
                "META_APP_SECRET": "x" * 20,
                "META_VERIFY_TOKEN": "x" * 20,
                "META_GRAPH_URL": "http://127.0.0.1:8001",
                "MAIL_SERVER": "localhost",
                "MAIL_SENDER": "a@b.example",
            }
        )
