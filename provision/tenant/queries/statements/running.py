"""Run a statement of Core past SQLAlchemy's execution, which takes longer than the driver's.

What of it is the same each time is worked out once: text, constants, and what makes values of the
driver's. For statements whose columns are text, as PostgreSQL's JSON is.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from provision.tenant.connection.decoding import strange_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Dialect, Select


class _Ready(NamedTuple):
    text: bytes
    constants: Mapping[str, Any]
    asked: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    row: Callable[..., Any]


def rows(
    conn: Connection, statement: Select[Any], parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Return the rows as the driver gives them. Raises its errors, not SQLAlchemy's."""
    return _fetch(conn, _ready(statement, conn.dialect), parameters)


def first_row(
    conn: Connection, statement: Select[Any], parameters: Mapping[str, Any]
) -> Any | None:
    """Return the first row as a named tuple; None where there is none."""
    ready = _ready(statement, conn.dialect)
    found = _fetch(conn, ready, parameters)
    return ready.row(*found[0]) if found else None


def the_row(conn: Connection, statement: Select[Any], parameters: Mapping[str, Any]) -> Any:
    """Return the row that such a statement always has. Raises UnreachableError without it."""
    row = first_row(conn, statement, parameters)
    if row is None:
        raise strange_answer()
    return row


def _fetch(conn: Connection, ready: _Ready, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    values = dict(ready.constants)
    for name, process in ready.asked:
        value = parameters[name]
        values[name] = value if process is None else process(value)
    driver = conn.connection.driver_connection
    if driver is None:
        raise RuntimeError("this connection is checked in")
    if not conn.in_transaction():
        conn.begin()  # as SQLAlchemy does; to a tenant nothing is sent
    with driver.cursor() as cursor:
        cursor.execute(ready.text, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


# As many as SQLAlchemy keeps, see `pool.alchemy`; statements are kept where they are built.
@lru_cache(maxsize=500)
def _ready(statement: Select[Any], dialect: Dialect) -> _Ready:
    compiled: Any = statement.compile(dialect=dialect)
    binds = compiled.binds
    asked = {name for name, bind in binds.items() if bind.required}
    processors = compiled._bind_processors  # noqa: SLF001
    return _Ready(
        str(compiled).encode(),
        {
            name: processors[name](bind.effective_value)
            if name in processors
            else bind.effective_value
            for name, bind in binds.items()
            if name not in asked
        },
        tuple((name, processors.get(name)) for name in sorted(asked)),
        namedtuple("Row", [str(column.key) for column in statement.selected_columns], rename=True),
    )
