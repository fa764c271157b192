"""The pieces all statements share: their parameters, and columns as JSON wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Date,
    Integer,
    Numeric,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from provision.tenant.schema.tables import projects, provision_workspaces, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, ColumnElement, Dialect, FromClause, Select, Table
    from sqlalchemy.sql.compiler import SQLCompiler

OWNER = bindparam("owner_id", type_=Uuid(as_uuid=False))
# A parameter named like a column would be written to it by an UPDATE.
ID = bindparam("row_id", type_=Uuid(as_uuid=False))
TODAY = bindparam("today", type_=Date)
LIMIT = bindparam("limit", type_=Integer)
OFFSET = bindparam("offset", type_=Integer)

DONE: ColumnElement[str] = literal_column("'done'", Text)


def utc_now() -> ColumnElement[Any]:
    return func.timezone(literal_column("'utc'"), func.now())


def rfc3339(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Write a timestamp in UTC, as text; NULL for infinity, which is no instant."""
    pattern: ColumnElement[str] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")
    return func.to_char(column, pattern, type_=Text)


VERSION_SHAPE: Final = r"[0-9a-f]{8}-[0-9a-f]{1,32}"
"""What `version_text` gives, as a regular expression."""


class _RowVersion(FunctionElement[Any]):
    """What `row_version_sql` says, written when the statement is compiled for a kind of server."""

    inherit_cache = True
    type = NullType()


@compiles(_RowVersion)
def _write_row_version(element: _RowVersion, compiler: SQLCompiler, **options: Any) -> str:
    table_name = compiler.process(element.clauses, **options)
    return row_version_sql(table_name, by_hash=versions_by_hash(compiler.dialect))


def row_version(table: Table) -> ColumnElement[Any]:
    """Return what changes whenever a row of `table` is written; it means something here only."""
    return _RowVersion(literal_column(table.name))


def row_version_sql(table_name: str, *, by_hash: bool) -> str:
    """Write it as SQL: the number of the transaction that wrote the row, or a hash of the row."""
    return f"md5(CAST({table_name} AS text))" if by_hash else f"{table_name}.xmin"


def versions_by_hash(dialect: Dialect) -> bool:
    """Tell whether the server has no numbers of transactions (see `pool.alchemy`)."""
    return getattr(dialect, "versions_by_hash", False)


def version_text(row_version: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the version of a row that clients get: the epoch of the workspace, and the row's part.

    Transaction numbers of two servers collide. The epoch is new whenever the rows may have come
    from another server, so that no version from before holds any more.
    """
    return func.concat(_EPOCH, literal_column("'-'", Text), cast(row_version, Text), type_=Text)


# Asked once a statement, whatever number of rows it gives.
_EPOCH: ColumnElement[str] = (
    select(func.left(cast(provision_workspaces.c.epoch, Text), 8))
    .where(provision_workspaces.c.owner_id == OWNER)
    .correlate(None)
    .scalar_subquery()
)


def versioned(table: Table) -> Sequence[ColumnElement[Any]]:
    """Return all columns and the version: a row before it is shaped for its reader.

    Nothing is turned into text yet: that waits until the rows are sorted out.
    """
    return [*table.columns, row_version(table).label("version")]


def own(source: FromClause) -> ColumnElement[bool]:
    return source.c.user_id == OWNER


def own_rows(table: Table) -> Select[Any]:
    return select(*versioned(table)).where(own(table))


def project_columns(source: FromClause) -> list[ColumnElement[Any]]:
    c = source.c
    return [
        c.id,
        c.name,
        c.description,
        c.budget,
        c.spent,
        c.status,
        c.priority,
        c.due_date,
        rfc3339(c.created_at).label("created_at"),
        rfc3339(c.updated_at).label("updated_at"),
        version_text(c.version).label("version"),
    ]


def task_columns(source: FromClause, *, description: bool = True) -> list[ColumnElement[Any]]:
    c = source.c
    return [
        c.id,
        c.project_id,
        c.assignee_id,
        c.title,
        *([c.description] if description else []),
        c.status,
        c.priority,
        c.due_date,
        c.position,
        rfc3339(c.completed_at).label("completed_at"),
        rfc3339(c.created_at).label("created_at"),
        rfc3339(c.updated_at).label("updated_at"),
        version_text(c.version).label("version"),
    ]


def member_columns(source: FromClause) -> list[ColumnElement[Any]]:
    c = source.c
    return [
        c.id,
        c.name,
        c.email,
        c.role,
        c.workload,
        c.status,
        rfc3339(c.created_at).label("created_at"),
        version_text(c.version).label("version"),
    ]


def is_open(source: FromClause) -> ColumnElement[bool]:
    """Test for any status but done, those we do not know and none at all included."""
    return source.c.status.is_distinct_from(DONE)


def is_late(source: FromClause) -> ColumnElement[bool]:
    return and_(source.c.due_date < TODAY, is_open(source))


def rank(source: FromClause) -> ColumnElement[Any]:
    """Return the place of a task in its column of the board, ascending.

    A task that nobody moved, or that another program wrote, stands where its creation puts it:
    positions are seconds since 1970, so that there is always room between two of them.
    """
    born = case(
        (
            func.isfinite(source.c.created_at),
            cast(extract("epoch", source.c.created_at), Numeric),
        )
    )
    return func.coalesce(source.c.position, born)


def now_rank() -> ColumnElement[Any]:
    """Return the end of any column of the board: now, in seconds."""
    return cast(extract("epoch", func.clock_timestamp()), Numeric)


def count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def meaning(column: Column[Any], *values: str) -> ColumnElement[Any]:
    """Return the place of a value in its list, from 1; NULL for a value that is not in it."""
    return case(
        *(
            (column == literal_column(f"'{value}'", Text), literal_column(str(place), Integer))
            for place, value in enumerate(values, start=1)
        )
    )


def project_name(source: FromClause) -> ColumnElement[Any]:
    return (
        select(projects.c.name)
        .where(projects.c.id == source.c.project_id, own(projects))
        .correlate(source)
        .scalar_subquery()
        .label("project_name")
    )


def assignee_name(source: FromClause) -> ColumnElement[Any]:
    return (
        select(team_members.c.name)
        .where(team_members.c.id == source.c.assignee_id, own(team_members))
        .correlate(source)
        .scalar_subquery()
        .label("assignee_name")
    )


# How far the tasks of each project are; those of none are under NULL.
TALLY = (
    select(
        tasks.c.project_id,
        func.count().label("total"),
        count_where(is_open(tasks)).label("open"),
        count_where(is_late(tasks)).label("late"),
    )
    .where(own(tasks))
    .group_by(tasks.c.project_id)
    .cte("tally")
)
