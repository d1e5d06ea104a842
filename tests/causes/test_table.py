"""docs/causes.md says what the code does."""

from pathlib import Path

from tests.causes.table import DOCUMENT, render, rows
from tests.causes.world import world


def test_the_table_of_causes_is_what_really_happens(tmp_path: Path) -> None:
    with world(tmp_path) as played:
        found = rows(played)
    assert render(found) == DOCUMENT.read_text(), "python -m tests.causes --write, and read what changed"
