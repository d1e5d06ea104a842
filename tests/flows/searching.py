"""What the console wrote into its database and its log, and whether a secret stands in it."""

import logging
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from webapp.core import db
from webapp.core.logs import JsonLines
from webapp.tables import metadata


def rows(app: Flask) -> list[str]:
    """Every column of every row as the database itself holds it, nothing opened."""
    with app.app_context():
        session = db.session()
        found = [session.execute(text(f'SELECT * FROM "{table.name}"')).all() for table in metadata.sorted_tables]
    return [str([bytes(one) if isinstance(one, memoryview) else one for one in row]) for part in found for row in part]


def console_log(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log file gets of everybody's records; of our own also all that hangs on them.

    The sandbox runs in this process too, and libraries that tell each address they ask (never at the levels that
    the console gives them) are only held to what is left of it in the file.
    """
    here = str(Path(__file__).parents[2] / "sandbox")
    records = [one for one in caplog.records if not one.pathname.startswith(here)]
    ours = [one for one in records if one.name.startswith("webapp")]
    assert {"webapp.meta", "webapp.request"} <= {one.name for one in ours}
    assert any(one.name.startswith("urllib3") for one in records)
    form, lines = logging.Formatter(), JsonLines()
    return [lines.format(one) for one in records] + [f"{form.format(one)} {vars(one)}" for one in ours]


def found_in(texts: list[str], secrets: dict[str, set[str]], *but: str) -> list[str]:
    """Kind and surroundings of each secret that stands in a text; `but` are the kinds that may stand there."""
    return [
        f"{kind} in …{text[max(0, text.index(one) - 80) : text.index(one)]}"
        for kind, values in secrets.items()
        if kind not in but
        for one in values
        for text in texts
        if one in text
    ]
