"""The engines that other tests stand on."""

import os
from pathlib import Path

import psycopg
import pytest

from tests import engines


@pytest.mark.postgresql
def test_a_fresh_database_is_empty_and_gone_afterwards() -> None:
    server = engines.postgresql()
    name = f"engines_{os.getpid()}"
    with engines.fresh_database(server, name) as url, psycopg.connect(url) as database:
        assert database.info.dbname == name
        assert database.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


@pytest.mark.postgresql
def test_a_copy_of_a_template_has_its_tables() -> None:
    server = engines.postgresql()
    name = f"engines_template_{os.getpid()}"
    with engines.fresh_database(server, name) as template:
        with psycopg.connect(template) as database:
            database.execute("CREATE TABLE channels (id int)")
        with (
            engines.fresh_database(server, f"{name}_copy", template=name) as url,
            psycopg.connect(url) as copy,
        ):
            assert copy.execute("SELECT count(*) FROM channels").fetchone() == (0,)


def test_a_server_that_cannot_be_reached_is_a_sentence_not_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:9/postgres")
    with pytest.raises(engines.EngineMissing, match="TEST_DATABASE_URL"):
        engines.postgresql.__wrapped__()


@pytest.mark.browser
def test_the_chromium_that_is_found_can_be_run() -> None:
    assert os.access(engines.chromium(), os.X_OK)


def test_a_chromium_named_wrongly_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nowhere"))
    with pytest.raises(engines.EngineMissing, match="cannot be run"):
        engines.chromium.__wrapped__()


def test_no_chromium_at_all_says_what_to_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(engines, "CHROMIUM_PLACES", ())
    with pytest.raises(engines.EngineMissing, match="install"):
        engines.chromium.__wrapped__()
