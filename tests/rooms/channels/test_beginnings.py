"""What is put back for a test is what a trip of its own would have left."""

from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from tests.beginnings import SETTLED, begin
from tests.rooms.channels.story import Story
from webapp.core import db
from webapp.core.crypto import Secret
from webapp.tables import metadata

MORNING = "17841405822301001"


def left_behind(story: Story) -> dict[str, Any]:
    """Every row and all of Meta's memory, told in what two trips have in common."""
    with story.client.session_transaction() as cookie:
        session = sorted(set(cookie) - {"_user_id"})
    memory = story.sandbox.app.extensions["sandbox"].state.to_json()
    rows = {
        table.name: [_told(row) for row in db.session().execute(table.select().order_by(*table.primary_key))]
        for table in metadata.sorted_tables
        if table.name not in SETTLED
    }
    db.leave()
    return {"rows": rows, "memory": {name: _told(value) for name, value in memory.items()}, "session": session}


def _told(value: object) -> object:
    if isinstance(value, dict):
        return {name: _told(inner) for name, inner in value.items()}
    if isinstance(value, datetime | Secret | bytes):
        return type(value).__name__
    if isinstance(value, str):
        return value if len(value) < 16 else len(value)
    if isinstance(value, int):
        # An instant, in seconds or milliseconds.
        return "instant" if value > 1_000_000_000 else value
    return [_told(one) for one in value] if isinstance(value, list | tuple) or hasattr(value, "_fields") else value


def test_a_beginning_is_lived_through_once_and_put_back_whole(
    house: Flask, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(house.extensions, "tests.beginning", raising=False)
    trips: list[dict[str, Any]] = []
    for _ in range(2):
        begin(house, story.client, story.sandbox, lambda: trips.append({"page": story.connect(MORNING)}))
        trips.append(left_behind(story))
        with db.transaction() as session:
            for table in reversed(metadata.sorted_tables):
                if table.name not in SETTLED:
                    session.execute(table.delete())
        story.sandbox.reset()
    made, lived, put_back = trips
    assert all(lived["rows"][name] for name in ("facebook_authorization", "facebook_grant", "channel"))
    assert "Connected" in str(made["page"])
    assert put_back == lived


def test_a_trip_that_fails_is_not_kept(house: Flask, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(house.extensions, "tests.beginning", raising=False)

    def breaks() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        begin(house, story.client, story.sandbox, breaks)
    assert "tests.beginning" not in house.extensions
