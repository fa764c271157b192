"""Rows on their way in: a whole workspace into an empty one.

It is one statement, so all of it arrives or nothing does. Rows travel as JSON text, which
PostgreSQL reads by itself: thousands of them need no parameter each. `importing` adds rows to those
that are there with the same pieces.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, IntegrityError

from provision.errors import ValidationError
from provision.tenant.queries.statements import bundle, gather, own
from provision.tenant.schema.ddl import type_name
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from sqlalchemy import Connection, Table

NOT_EMPTY: Final = (
    "This workspace holds work already, and a file is imported into an empty one only. "
    "Nothing has been imported."
)

_UNKNOWN: Final = (
    "A task names a project or a person that is not in this workspace. Nothing has been imported."
)
TABLES: Final = (projects, team_members, tasks)
COLUMNS: Final = {
    table.name: frozenset(
        {*(each.name for each in table.columns if each.name != "user_id"), "version"}
    )
    for table in TABLES
}
"""What is read of a row of each table: its version, and all columns but whose it is."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by table, each a mapping of columns but the owner's id; what is absent is NULL."""

    projects: Sequence[Any] = ()
    team_members: Sequence[Any] = ()
    tasks: Sequence[Any] = ()

    def parameters(self) -> dict[str, str]:
        return {
            table.name: msgspec.json.encode(getattr(self, table.name)).decode() for table in TABLES
        }


class Names(msgspec.Struct, frozen=True):
    """A row that others may be given to by name; `email` is of people only."""

    id: str
    name: str
    email: str | None = None


def restore(conn: Connection, owner_id: str, *, rows: Rows) -> bool:
    """Write everything into a workspace that holds nothing; False where it holds something.

    Raises ValidationError where the database cannot take the rows as they are.
    """
    with saying(
        "they are there already, in another workspace of it, or a rule of the database stands "
        "against one of them"
    ):
        answer = conn.execute(_RESTORE, {"owner_id": owner_id, **rows.parameters()}).one()
    if answer.is_empty:
        check_references(answer)
    return bool(answer.is_empty)


def names(conn: Connection, owner_id: str) -> tuple[Sequence[Names], Sequence[Names]]:
    """Return all projects and all people, whom rows that arrive may name."""
    parts = gather(conn, _NAMES, {"owner_id": owner_id})
    return parts.rows("projects", Names), parts.rows("team_members", Names)


def check_references(answer: Any) -> None:
    """Raise ValidationError where a row referred to what is not in the workspace."""
    if not answer.is_known:
        raise ValidationError({"file": [_UNKNOWN]})


@contextmanager
def saying(reasons: str) -> Iterator[None]:
    """Turn what the database refuses into words; `reasons` are why it may break a rule."""
    try:
        yield
    except IntegrityError:
        why = f"The database refused these rows: {reasons}."
    except DataError:
        why = "One of the values is none that the database can hold."
    else:
        return
    raise ValidationError({"file": [f"{why} Nothing has been imported."]})


def insert(table: Table, condition: str) -> str:
    """Return the part of a statement that writes the rows of a table; one row for each."""
    columns = [column for column in table.columns if column.name != "user_id"]
    names = ", ".join(column.name for column in columns)
    shape = ", ".join(f"{column.name} {type_name(column)}" for column in columns)
    values = ", ".join(f"r.{column.name}" for column in columns)
    return (
        f"{table.name}_made AS (INSERT INTO {table.name} (user_id, {names}) "
        f"SELECT CAST(:owner_id AS uuid), {values} "
        f"FROM json_to_recordset(CAST(:{table.name} AS json)) AS r ({shape}){condition} "
        "RETURNING 1)"
    )


_IS_EMPTY = " AND ".join(
    f"NOT EXISTS (SELECT FROM {table.name} WHERE {table.name}.user_id = :owner_id)"
    for table in TABLES
)


def _refers_to_own(column: str, target: Table, parameter: str) -> str:
    """Test that every task refers to what arrives with it, to the owner's rows, or to nothing."""
    return f"""NOT EXISTS (
  SELECT FROM json_to_recordset(CAST(:{parameter} AS json)) AS r ({column} uuid)
  WHERE r.{column} IS NOT NULL
  AND NOT EXISTS (SELECT FROM {target.name}
    WHERE {target.name}.id = r.{column} AND {target.name}.user_id = :owner_id)
  AND NOT EXISTS (SELECT FROM json_to_recordset(CAST(:{target.name} AS json)) AS g (id uuid)
    WHERE g.id = r.{column})
)"""


def is_known(parameter: str = "tasks") -> str:
    """Return whether all that the tasks in a parameter refer to is the owner's."""
    return " AND ".join(
        _refers_to_own(column.name, key.column.table, parameter)
        for column in tasks.columns
        for key in column.foreign_keys
        if key.column.table in TABLES
    )


_RESTORE = text(
    f"WITH seen AS (SELECT {_IS_EMPTY} AS is_empty, {is_known()} AS is_known), "
    + ", ".join(insert(table, ", seen WHERE seen.is_empty AND seen.is_known") for table in TABLES)
    # The rows are older than this workspace: no version given before holds any more.
    + ", renewed AS (UPDATE provision_workspaces SET epoch = gen_random_uuid() FROM seen"
    + " WHERE owner_id = :owner_id AND seen.is_empty AND seen.is_known)"
    + " SELECT is_empty, is_known FROM seen"
)
_NAMES = bundle(
    projects=select(projects.c.id, projects.c.name).where(own(projects)),
    team_members=select(team_members.c.id, team_members.c.name, team_members.c.email).where(
        own(team_members)
    ),
)
