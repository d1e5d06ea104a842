"""Any number of rows in one parameter of one statement, on either database: JSON, which both take apart themselves.

Past the unit of work: what a session holds of these rows is not changed by it. Statements are made once: making one
takes as long as writing a hundred rows.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Column,
    FromClause,
    Insert,
    Row,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import cast as as_type
from sqlalchemy import literal_column as literally
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import JSON

from webapp.core import db
from webapp.core.db import Model

# All rows have the same names.
Rows = Sequence[Mapping[str, Any]]
T = TypeVar("T")

_NAME = "given"


class Given:
    """Rows as a table (`table`, its columns `c`) for a statement that is run with them (`parameters`).

    They have names and types of the model's columns; `is_here`: a row of the model is one of them.
    """

    def __init__(self, model: type[Model], *names: str) -> None:
        columns = [table_of(model).c[name] for name in names]
        self.table = _on_postgresql(columns) if db.is_postgresql() else _on_sqlite(columns)
        self.c = self.table.c
        self.is_here = and_(*(one == self.c[one.name] for one in columns))


def once(make: Callable[..., T]) -> Callable[..., T]:
    """A statement is made once for each database, and for each of its arguments."""
    made = cache(lambda _is_postgresql, *arguments: make(*arguments))

    @wraps(make)
    def get(*arguments: Any) -> T:
        return made(db.is_postgresql(), *arguments)

    return get


def parameters(rows: Rows) -> dict[str, str]:
    """What a statement is run with that has a Given in it."""
    stamp = datetime.isoformat if db.is_postgresql() else _stamp
    return {_NAME: json.dumps(rows, ensure_ascii=False, separators=(",", ":"), default=stamp)}


def add(session: Session, model: type[Model], rows: Rows, *returned: str) -> Sequence[Row[Any]]:
    """Insert rows; columns that they do not name have their defaults. What is returned of each comes in any order."""
    if not rows:
        return ()
    done = session.connection().execute(_insert(model, tuple(rows[0]), returned), parameters(rows))
    return done.all() if returned else ()


def change(session: Session, model: type[Model], rows: Rows) -> None:
    """Give rows, known by their key, which comes first, new values."""
    if rows:
        session.connection().execute(_update(model, tuple(rows[0])), parameters(rows))


def row_of(one: Model) -> dict[str, Any]:
    """The fields of something that no session holds, its key first."""
    return {column.name: getattr(one, column.name) for column in table_of(type(one)).c}


def table_of(model: type[Model]) -> Table:
    return cast(Table, model.__table__)


@once
def _insert(model: type[Model], names: tuple[str, ...], returned: tuple[str, ...]) -> Insert | ReturningInsert[Any]:
    table = table_of(model)
    statement = insert(table).from_select(names, select(Given(model, *names).table))
    return statement.returning(*(table.c[name] for name in returned)) if returned else statement


@once
def _update(model: type[Model], names: tuple[str, ...]) -> Update:
    table, given = table_of(model), Given(model, *names)
    key, *changed = names
    return update(table).where(table.c[key] == given.c[key]).values({name: given.c[name] for name in changed})


def _on_postgresql(columns: Sequence[Column[Any]]) -> FromClause:
    wanted = (column(one.name, one.type) for one in columns)
    rows = func.json_to_recordset(as_type(bindparam(_NAME, type_=Text()), JSON()))
    return rows.table_valued(*wanted, name=_NAME).render_derived(with_types=True)


def _on_sqlite(columns: Sequence[Column[Any]]) -> FromClause:
    each = func.json_each(bindparam(_NAME, type_=Text())).table_valued("value")
    fields = (
        func.json_extract(each.c.value, literally(f"'$.{one.name}'"), type_=one.type).label(one.name) for one in columns
    )
    return select(*fields).select_from(each).subquery(_NAME)


def _stamp(moment: datetime) -> str:
    """As SQLAlchemy writes moments into SQLite."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
