"""The tables that the migrations make are those that the code means, and every step leads back."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text

from tests import engines
from webapp.commands import upgrade
from webapp.core.db import make_engine

ROOT = Path(__file__).resolve().parents[3]


def alembic(engine: Engine, name: str, *arguments: str) -> None:
    settings = Config(str(ROOT / "alembic.ini"))
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        getattr(command, name)(settings, *arguments)


def there_and_back(url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    alembic(engine, "check")
    alembic(engine, "downgrade", "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    upgrade(engine)
    engine.dispose()


def test_every_step_leads_to_what_the_code_means_and_back(tmp_path: Path) -> None:
    there_and_back(f"sqlite:///{tmp_path}/steps.sqlite3")


@pytest.mark.postgresql
def test_every_step_leads_to_what_the_code_means_and_back_on_postgresql() -> None:
    with engines.fresh_database(engines.postgresql(), "test_steps") as url:
        there_and_back(url)


def test_the_search_goes_on_counting_where_it_was_when_its_table_is_copied(tmp_path: Path) -> None:
    """Its full-text table still proposes the numbers of entries that are gone."""
    engine = make_engine(f"sqlite:///{tmp_path}/counted.sqlite3")
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('search_entry', 41)"))
    for step in ("downgrade", "upgrade"):
        alembic(engine, step, "0017" if step == "downgrade" else "head")
        with engine.connect() as connection:
            assert connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'search_entry'")).all() == [
                (41,)
            ]
            assert (
                "AUTOINCREMENT"
                in connection.scalars(text("SELECT sql FROM sqlite_master WHERE name = 'search_entry'")).one()
            )
    engine.dispose()
