"""A beginning that hundreds of tests share is lived through once, and put back for the others.

The first test of a process that wants it (on each engine) makes the real trip through the dialog; what the trip left
behind is kept: the rows, Meta's memory, the browser's session. Others get a copy whose moments are all as recent as
after a trip of their own. A trip that fails is never kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, exists, func, insert, or_, select

from sandbox.state import State
from tests.running import Sandbox
from webapp.core import clock, db
from webapp.tables import metadata

Rows = dict[Table, list[dict[str, Any]]]
# Who is there and signed in is not the trip's: each test has settled that before.
SETTLED = ("workspace", "person", "membership", "sign_in")
# Names of the sandbox's instants: Unix seconds, or milliseconds. 0 means never.
SECONDS = ("_at", "_until")
MILLISECONDS = ("_ms",)


@dataclass(frozen=True)
class Beginning:
    at: datetime
    rows: Rows
    meta: dict[str, Any]
    session: dict[str, Any]


def begin(app: Flask, client: FlaskClient, sandbox: Sandbox, live_through: Callable[[], object]) -> None:
    """What `live_through` leads to: lived through for the first of this console, put back for all others.

    Needs an app context, a signed-in browser, a sandbox in the state of its seed and a database that holds nobody
    but people; who arrives otherwise makes the trip.
    """
    kept: Beginning | None = app.extensions.get("tests.beginning")
    if _is_under_way():
        live_through()
    elif kept is not None:
        _put_back(kept, client, sandbox)
    else:
        live_through()
        app.extensions["tests.beginning"] = _keep(client, sandbox)


def _tables() -> list[Table]:
    return [one for one in metadata.sorted_tables if one.name not in SETTLED]


def _is_under_way() -> bool:
    found = db.session().scalar(select(or_(*(exists(select(1).select_from(one)) for one in _tables()))))
    db.leave()
    return bool(found)


def _rows() -> Rows:
    session = db.session()
    found = {one: [dict(row._mapping) for row in session.execute(select(one))] for one in _tables()}
    db.leave()
    return found


def _keep(client: FlaskClient, sandbox: Sandbox) -> Beginning:
    with client.session_transaction() as session:
        cookie = {name: value for name, value in session.items() if name != "_user_id"}
    meta = sandbox.app.extensions["sandbox"].state.to_json()
    return Beginning(clock.now(), {table: rows for table, rows in _rows().items() if rows}, meta, cookie)


def _put_back(kept: Beginning, client: FlaskClient, sandbox: Sandbox) -> None:
    # Whole seconds, as Meta counts them: what both sides remember stays the same moment.
    passed = timedelta(seconds=(clock.now() - kept.at) // timedelta(seconds=1))
    with db.transaction() as session:
        for table, rows in kept.rows.items():
            session.execute(insert(table), [_later(row, passed) for row in rows])
            if db.is_postgresql() and table.autoincrement_column is not None:
                newest = max(row["id"] for row in rows)
                session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), newest)))
    sandbox.app.extensions["sandbox"].state = State.from_json(_moved(kept.meta, "", passed // timedelta(seconds=1)))
    with client.session_transaction() as cookie:
        cookie.update(kept.session)


def _later(row: dict[str, Any], passed: timedelta) -> dict[str, Any]:
    return {name: value + passed if isinstance(value, datetime) else value for name, value in row.items()}


def _moved(value: Any, name: str, seconds: int) -> Any:
    """The same with every instant so much later."""
    if isinstance(value, dict):
        return {key: _moved(inner, key, seconds) for key, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, name, seconds) for inner in value]
    if isinstance(value, int) and value > 0:
        factor = 1 if name.endswith(SECONDS) else 1000 if name.endswith(MILLISECONDS) else 0
        return value + factor * seconds
    return value
