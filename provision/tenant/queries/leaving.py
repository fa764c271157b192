"""Rows on their way out: a filtered list as a whole, and everything a workspace holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from provision.tenant.queries.bundle import bundle, gather
from provision.tenant.queries.columns import (
    assignee_name,
    member_columns,
    own,
    own_rows,
    project_columns,
    project_name,
    task_columns,
)
from provision.tenant.queries.filters import Filters, conditions
from provision.tenant.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Column, ColumnElement, Connection, FromClause, Table

    from provision.tenant.queries.declared import Declared

_SHAPES: Mapping[str, Callable[[FromClause], Select[Any]]] = {
    "projects": lambda source: select(*project_columns(source)),
    "tasks": lambda source: select(
        *task_columns(source), project_name(source), assignee_name(source)
    ),
    "team_members": lambda source: select(*member_columns(source)),
}


@dataclass(frozen=True, slots=True)
class WorkspaceRows:
    """Each a JSON array as text: every row of the owner, all of its columns but the owner's id."""

    projects: str
    team_members: str
    tasks: str


def rows(
    conn: Connection,
    *,
    owner_id: str,
    of: Declared[Any, Any],
    filters: Filters,
    sort: str = "created_at",
) -> str:
    """All that the filters leave, in the order of `sort`, as the text of a JSON array."""
    parameters = {"owner_id": owner_id, **filters.parameters()}
    return gather(conn, _rows(of, sort, filters.names()), parameters)["rows"]


def workspace(conn: Connection, *, owner_id: str) -> WorkspaceRows:
    """Everything, as it stands at one moment."""
    return WorkspaceRows(**gather(conn, _WORKSPACE, {"owner_id": owner_id}))


@lru_cache(maxsize=256)
def _rows(of: Declared[Any, Any], sort: str, names: tuple[str, ...]) -> Select[Any]:
    key = of.sorts[sort.removeprefix("-")].label("sort_key")
    found = own_rows(of.table).add_columns(key).where(*conditions(of.table, names))
    rows = found.subquery("found")
    order = (
        (rows.c.sort_key.desc().nulls_last(), rows.c.id.desc())
        if sort.startswith("-")
        else (rows.c.sort_key.asc().nulls_last(), rows.c.id.asc())
    )
    return bundle(rows=_SHAPES[of.table.name](rows).order_by(*order))


def _whole(table: Table) -> Select[Any]:
    columns = [_own_reference(column) for column in table.columns if column.name != "user_id"]
    return select(*columns).where(own(table)).order_by(table.c.created_at, table.c.id)


def _own_reference(column: Column[Any]) -> ColumnElement[Any]:
    """The column; NULL where another program has made it refer to somebody else's row."""
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


_WORKSPACE = bundle(
    projects=_whole(projects),
    team_members=_whole(team_members),
    tasks=_whole(tasks),
)
