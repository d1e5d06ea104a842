"""The tables that the migrations make are those that the code means, and every step leads back."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect

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
