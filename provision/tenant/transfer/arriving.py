"""Rows on their way in: a whole workspace into an empty one, and many new rows of a noun.

Each is one statement, so all of it arrives or nothing does. Rows travel as JSON text, which
PostgreSQL reads by itself: thousands of them need no parameter each.
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
_TABLES: Final = (projects, team_members, tasks)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by table, each a mapping of columns but the owner's id; what is absent is NULL."""

    projects: Sequence[Any] = ()
    team_members: Sequence[Any] = ()
    tasks: Sequence[Any] = ()

    def parameters(self) -> dict[str, str]:
        return {
            table.name: msgspec.json.encode(getattr(self, table.name)).decode() for table in _TABLES
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
    with _saying(
        "they are there already, in another workspace of it, or a rule of the database stands "
        "against one of them"
    ):
        answer = conn.execute(_RESTORE, {"owner_id": owner_id, **rows.parameters()}).one()
    if answer.is_empty:
        _check_references(answer)
    return bool(answer.is_empty)


def add(conn: Connection, owner_id: str, *, rows: Rows) -> None:
    """Write rows beside those that are there; their ids and those they refer to are the caller's.

    Raises ValidationError as `restore`.
    """
    with _saying(
        "they have been imported already, a project or a person they name was deleted meanwhile, "
        "or a rule of the database stands against one of them"
    ):
        answer = conn.execute(_ADD, {"owner_id": owner_id, **rows.parameters()}).one()
    _check_references(answer)


def names(conn: Connection, owner_id: str) -> tuple[Sequence[Names], Sequence[Names]]:
    """Return all projects and all people, whom rows that arrive may name."""
    parts = gather(conn, _NAMES, {"owner_id": owner_id})
    return parts.rows("projects", Names), parts.rows("team_members", Names)


def _check_references(answer: Any) -> None:
    if not answer.is_known:
        raise ValidationError({"file": [_UNKNOWN]})


@contextmanager
def _saying(reasons: str) -> Iterator[None]:
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


def _insert(table: Table, condition: str) -> str:
    columns = [column for column in table.columns if column.name != "user_id"]
    names = ", ".join(column.name for column in columns)
    shape = ", ".join(f"{column.name} {type_name(column)}" for column in columns)
    values = ", ".join(f"r.{column.name}" for column in columns)
    return (
        f"{table.name}_made AS (INSERT INTO {table.name} (user_id, {names}) "
        f"SELECT CAST(:owner_id AS uuid), {values} "
        f"FROM json_to_recordset(CAST(:{table.name} AS json)) AS r ({shape}){condition})"
    )


_IS_EMPTY = " AND ".join(
    f"NOT EXISTS (SELECT FROM {table.name} WHERE {table.name}.user_id = :owner_id)"
    for table in _TABLES
)


def _refers_to_own(column: str, target: Table) -> str:
    """Test that every task refers to what arrives with it, to the owner's rows, or to nothing."""
    return f"""NOT EXISTS (
  SELECT FROM json_to_recordset(CAST(:tasks AS json)) AS r ({column} uuid)
  WHERE r.{column} IS NOT NULL
  AND NOT EXISTS (SELECT FROM {target.name}
    WHERE {target.name}.id = r.{column} AND {target.name}.user_id = :owner_id)
  AND NOT EXISTS (SELECT FROM json_to_recordset(CAST(:{target.name} AS json)) AS g (id uuid)
    WHERE g.id = r.{column})
)"""


_IS_KNOWN = " AND ".join(
    _refers_to_own(column.name, key.column.table)
    for column in tasks.columns
    for key in column.foreign_keys
    if key.column.table in _TABLES
)
_RESTORE = text(
    f"WITH seen AS (SELECT {_IS_EMPTY} AS is_empty, {_IS_KNOWN} AS is_known), "
    + ", ".join(_insert(table, ", seen WHERE seen.is_empty AND seen.is_known") for table in _TABLES)
    # The rows are older than this workspace: no version given before holds any more.
    + ", renewed AS (UPDATE provision_workspaces SET epoch = gen_random_uuid() FROM seen"
    + " WHERE owner_id = :owner_id AND seen.is_empty AND seen.is_known)"
    + " SELECT is_empty, is_known FROM seen"
)
_ADD = text(
    f"WITH seen AS (SELECT {_IS_KNOWN} AS is_known), "
    + ", ".join(_insert(table, ", seen WHERE seen.is_known") for table in _TABLES)
    + " SELECT is_known FROM seen"
)
_NAMES = bundle(
    projects=select(projects.c.id, projects.c.name).where(own(projects)),
    team_members=select(team_members.c.id, team_members.c.name, team_members.c.email).where(
        own(team_members)
    ),
)
