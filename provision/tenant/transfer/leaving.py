"""Rows on their way out: a filtered list as a whole, and everything a workspace holds."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import Select, Text, cast, func, literal, select, union_all

from provision.tenant.connection.decoding import as_text, strange_answer
from provision.tenant.queries.statements import (
    Filters,
    assignee_name,
    conditions,
    member_columns,
    own,
    own_rows,
    project_columns,
    project_name,
    stream,
    task_columns,
)
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Column, ColumnElement, Connection, FromClause, Table

    from provision.tenant.queries.statements import Declared

_SHAPES: Mapping[str, Callable[[FromClause], Select[Any]]] = {
    "projects": lambda source: select(*project_columns(source)),
    "tasks": lambda source: select(
        *task_columns(source), project_name(source), assignee_name(source)
    ),
    "team_members": lambda source: select(*member_columns(source)),
}


_TABLES: Final = (projects, team_members, tasks)


class Sink(Protocol):
    """Take rows as they come, so that they are never all in memory."""

    def begin(self) -> None:
        """Start anew: what was taken before came from a connection that broke."""

    def take(self, table: str, row: str) -> None:
        """Take one row, as the text of a JSON object."""


def rows(
    conn: Connection,
    owner_id: str,
    *,
    of: Declared[Any, Any],
    filters: Filters,
    into: Sink,
    sort: str = "created_at",
) -> None:
    """Hand over all that the filters leave, in the order of `sort`."""
    parameters = {"owner_id": owner_id, **filters.parameters(conn)}
    _hand_over(conn, _rows(of, sort, filters.names()), parameters, into, (of.table.name,))


def workspace(conn: Connection, owner_id: str, *, into: Sink) -> None:
    """Hand over everything as it stands at one moment, table by table, without the owner's id."""
    tables = tuple(table.name for table in _TABLES)
    _hand_over(conn, _WORKSPACE, {"owner_id": owner_id}, into, tables)


def _hand_over(
    conn: Connection,
    statement: Select[str, str],
    parameters: Mapping[str, Any],
    into: Sink,
    tables: tuple[str, ...],
) -> None:
    into.begin()
    for label, row in stream(conn, statement, parameters):
        table = as_text(label)
        if table not in tables:  # or in another order than was asked for
            raise strange_answer()
        tables = tables[tables.index(table) :]
        into.take(table, as_text(row))


@lru_cache(maxsize=256)
def _rows(of: Declared[Any, Any], sort: str, names: tuple[str, ...]) -> Select[str, str]:
    key = of.sorts[sort.removeprefix("-")].label("sort_key")
    found = own_rows(of.table).add_columns(key).where(*conditions(of.table, names))
    rows = found.subquery("found")
    order = (
        (rows.c.sort_key.desc().nulls_last(), rows.c.id.desc())
        if sort.startswith("-")
        else (rows.c.sort_key.asc().nulls_last(), rows.c.id.asc())
    )
    return _texts(of.table.name, _SHAPES[of.table.name](rows).order_by(*order))


def _whole(table: Table) -> Select[Any]:
    columns = [_own_reference(column) for column in table.columns if column.name != "user_id"]
    return select(*columns).where(own(table)).order_by(table.c.created_at, table.c.id)


def _own_reference(column: Column[Any]) -> ColumnElement[Any]:
    """Return the column; NULL where another program has made it refer to another owner's row."""
    for key in column.foreign_keys:
        target = key.column.table
        return (
            select(target.c.id)
            .where(target.c.id == column, own(target))
            .correlate(column.table)
            .scalar_subquery()
            .label(column.name)
        )
    return column


def _texts(name: str, part: Select[Any]) -> Select[str, str]:
    """Select each row of a part with its table's name, as the text of a JSON object, in order."""
    found = part.subquery(f"{name}_part")
    row = cast(func.row_to_json(found.table_valued()), Text)
    return select(literal(name, Text).label("part"), row.label("row")).select_from(found)


def _numbered(place: int, table: Table) -> Select[Any]:
    found = _texts(table.name, _whole(table)).subquery(f"{table.name}_texts")
    order = func.row_number().over()
    return select(literal(place).label("place"), order.label("number"), found.c.part, found.c.row)


def _everything() -> Select[str, str]:
    # Parallel workers may mix the parts of a UNION ALL, so each row carries its place.
    parts = (_numbered(place, table) for place, table in enumerate(_TABLES))
    found = union_all(*parts).subquery("everything")
    return select(found.c.part, found.c.row).order_by(found.c.place, found.c.number)


_WORKSPACE = _everything()
