"""What production refuses, and what a start refuses to guess."""

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet

from config import Config, ConfigError
from webapp import demo
from webapp.app import create_app
from webapp.core.work import Bells

PRODUCTION = {
    "BASE_URL": "https://console.example",
    "SECRET_KEY": "x" * 40,
    "TOKEN_KEYS": Fernet.generate_key().decode(),
    "DATABASE_URL": "sqlite:///x",
    "META_APP_ID": "1",
    "META_APP_SECRET": "x" * 20,
    "META_VERIFY_TOKEN": "x" * 20,
    "MAIL_SERVER": "localhost",
    "MAIL_SENDER": "a@b.example",
}


def test_production_is_what_runs_when_nothing_else_is_said() -> None:
    assert Config.from_env(PRODUCTION).environment == "production"


@pytest.mark.parametrize("name", ["META_GRAPH_URL", "META_DIALOG_URL"])
def test_production_talks_to_meta_alone(name: str) -> None:
    """One of the two is enough to send tokens, or people with their passwords, somewhere else."""
    with pytest.raises(ConfigError, match=name):
        Config.from_env(PRODUCTION | {name: "http://127.0.0.1:8001"})


def test_production_is_reached_over_https() -> None:
    with pytest.raises(ConfigError, match="BASE_URL"):
        Config.from_env(PRODUCTION | {"BASE_URL": "http://console.example"})


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "-1", "0"])
def test_a_number_that_is_none_is_named(number: str) -> None:
    for name in ("MAIL_PORT", "META_TIMEOUT", "MAIL_TIMEOUT"):
        with pytest.raises(ConfigError, match=name):
            Config.from_env(PRODUCTION | {name: number})


def test_a_refused_setting_is_named_and_not_shown() -> None:
    for name in ("SECRET_KEY", "TOKEN_KEYS", "META_APP_SECRET", "DATABASE_URL"):
        with pytest.raises(ConfigError, match=name) as refused:
            Config.from_env(PRODUCTION | {name: "hush-hush"})
        assert "hush" not in str(refused.value)


def test_people_with_published_passwords_never_enter_production(config_with: Callable[..., Config]) -> None:
    app = create_app(config_with(environment="production"))
    with app.app_context(), pytest.raises(demo.NotHere):
        demo.settle([{"email": "alice@aurora.example"}])
    app.extensions["engine"].dispose()


def test_what_waits_in_the_queue_is_data_and_not_a_program(
    config_with: Callable[..., Config], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Pickle, the queue's own habit, would let whoever can write to it run code here."""
    app = create_app(config_with(queue_url=f"sqlite:///{tmp_path_factory.mktemp('queue')}/queue.sqlite3"))
    bells: Bells = app.extensions["bells"]
    bells.task("mail.send", 7)
    (waiting,) = bells.huey.storage.enqueued_items()
    assert bytes(waiting).startswith(b"{")
    assert b'.answer"' in bytes(waiting)
    app.extensions["engine"].dispose()
