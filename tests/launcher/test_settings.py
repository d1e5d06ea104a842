"""What the two programs are told, and in which language a person is spoken to."""

from pathlib import Path

import pytest

from tools.launcher import sentences
from tools.launcher.options import ServeOptions
from tools.launcher.places import Places
from tools.launcher.sentences import Stop
from tools.launcher.settings import given_by_person, load_secrets, read_env_file, settle


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    for name in ("META_APP_ID", "META_APP_SECRET", "DATABASE_URL", "BASE_URL", "META_GRAPH_URL"):
        monkeypatch.delenv(name, raising=False)
    places = Places(data=tmp_path / "var", root=tmp_path)
    places.make_folders()
    return places


@pytest.fixture
def options(places: Places) -> ServeOptions:
    return ServeOptions(port=21000, sandbox_port=21001, smtp_port=21025, data=places.data)


def test_the_chosen_ports_reach_the_console(places: Places, options: ServeOptions) -> None:
    console = settle(places, options, given_by_person(places)).console
    assert console["BASE_URL"] == "http://127.0.0.1:21000"
    assert console["META_GRAPH_URL"] == "http://127.0.0.1:21001"
    assert console["MAIL_PORT"] == "21025"


def test_the_environment_outranks_the_env_file_and_both_outrank_the_defaults(
    places: Places, options: ServeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    (places.root / ".env").write_text("BRAND_NAME=File\nBASE_URL=https://file.example\n")
    monkeypatch.setenv("BRAND_NAME", "Environment")
    console = settle(places, options, given_by_person(places)).console
    assert console["BRAND_NAME"] == "Environment"
    assert console["BASE_URL"] == "https://file.example"


def test_a_real_app_leaves_the_addresses_of_meta_alone(
    places: Places, options: ServeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("META_APP_ID", "4242")
    monkeypatch.setenv("META_APP_SECRET", "secret")
    settings = settle(places, options, given_by_person(places))
    assert settings.sandbox is None
    assert "META_GRAPH_URL" not in settings.console
    assert settings.console["META_APP_SECRET"] == "secret"


def test_a_debug_flag_of_other_work_does_not_reach_the_console(
    places: Places, options: ServeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert "FLASK_DEBUG" not in settle(places, options, given_by_person(places)).console


def test_an_env_file_may_be_commented_quoted_and_exported(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nexport A='one two'\nB = \"x=y\"\nC=\n")
    assert read_env_file(file) == {"A": "one two", "B": "x=y", "C": ""}


def test_a_line_that_is_no_setting_is_named_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\njust words\n")
    with pytest.raises(Stop, match="Line 2"):
        read_env_file(file)


def test_every_secret_is_its_own_and_none_is_made_twice(tmp_path: Path) -> None:
    mine, yours = load_secrets(tmp_path / "mine.json"), load_secrets(tmp_path / "yours.json")
    assert not set(mine.values()) & set(yours.values())
    assert load_secrets(tmp_path / "mine.json") == mine


def test_a_secrets_file_that_others_could_read_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    load_secrets(file)
    file.chmod(0o644)
    load_secrets(file)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        ("zh_TW.UTF-8", ["已停止。"]),
        ("en_GB.UTF-8", ["Stopped."]),
        ("C.UTF-8", ["已停止。", "Stopped."]),
    ],
)
def test_the_language_of_the_terminal_is_spoken_and_both_when_it_names_none(
    monkeypatch: pytest.MonkeyPatch, locale: str, lines: list[str]
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert sentences.INTERRUPTED.say().splitlines() == lines
