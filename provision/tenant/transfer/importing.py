"""Rows that come from a spreadsheet: added to those that are there, or written over them.

All of it is one statement, which also notes how to take it back: what was written over as it was,
and how many rows were made. The note is good for an hour (`queries/undo`). A row is written over
only in the columns that are given, and only as it was when it was read: if one of them has another
version by now, nothing is written.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from sqlalchemy import column, text

from provision.errors import RowRefusedError, ValidationError
from provision.tenant.connection.decoding import decode_rows
from provision.tenant.queries.statements import (
    bundle,
    gather,
    read_shell,
    row_version_sql,
    shell_part,
    undo_notes,
    versions_by_hash,
)
from provision.tenant.queries.statements.columns import OWNER
from provision.tenant.schema.ddl import type_name
from provision.tenant.transfer.arriving import (
    COLUMNS,
    TABLES,
    check_references,
    insert,
    is_known,
    saying,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Select, Table, TextClause

    from provision.tenant.queries.statements import Shell
    from provision.tenant.queries.statements.undo_notes import Note
    from provision.tenant.transfer.arriving import Rows

UNDO_S: Final = 3_600
"""How long an import can be taken back."""
_KEPT: Final = frozenset({"id", "user_id", "created_at", "position"})
"""Columns that no import writes over."""
_NAMED_BY: Final = {"tasks": "title", "projects": "name", "team_members": "name"}


class Import(msgspec.Struct, frozen=True):
    """An import that can still be taken back; `at` are the digits of a time in unix seconds."""

    id: str
    what: str
    at: str


def add(
    conn: Connection, owner_id: str, *, rows: Rows, changed: Rows, what: str, note: Note
) -> bool:
    """Write `rows` beside those that are there, and `changed` over those with the same ids.

    New ids and all that rows refer to are the caller's. A row of `changed` has `id`, the `version`
    that it was read with, and the columns to write; where one of them has another version by now,
    nothing is written: False. `what` names the import in its note. Raises ValidationError where the
    database cannot take the rows as they are, or leaves all new ones out without a word.
    """
    by_hash = versions_by_hash(conn.dialect)
    columns = tuple(_written(getattr(changed, table.name), table) for table in TABLES)
    with saying(
        "they have been imported already, a project or a person they name was deleted meanwhile, "
        "or a rule of the database stands against one of them"
    ):
        parameters = {f"{name}_over": value for name, value in changed.parameters().items()}
        answer = conn.execute(
            _add(columns, by_hash=by_hash),
            {
                "owner_id": owner_id,
                **rows.parameters(),
                **parameters,
                **undo_notes.parameters(note),
                "undo_what": what,
            },
        ).one()
    check_references(answer)
    if not answer.is_fresh:
        return False
    if _count(rows) and not _count(changed) and not answer.made:
        raise ValidationError({"file": [str(RowRefusedError())]})
    undo_notes.mark(note, answer)
    if by_hash:
        undo_notes.forget(note)
    return True


def _count(rows: Rows) -> int:
    return sum(len(getattr(rows, table.name)) for table in TABLES)


def _written(rows: Sequence[Mapping[str, Any]], table: Table) -> tuple[str, ...]:
    """Return the columns of a table that one of the rows writes, in the order of the table."""
    named = {name for row in rows for name in row}
    return tuple(each.name for each in table.columns if each.name in named - _KEPT)


def present(
    conn: Connection, owner_id: str, *, table: str, ids: Sequence[str], names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the rows of a table that have one of the ids, or one of the names or titles.

    Each has its `version` besides its columns.
    """
    found = conn.execute(
        _present(table, by_hash=versions_by_hash(conn.dialect)),
        {
            "owner_id": owner_id,
            "ids": msgspec.json.encode(list(ids)).decode(),
            "names": msgspec.json.encode(list(names)).decode(),
        },
    ).scalar()
    return decode_rows(found, COLUMNS[table])


def recent(
    conn: Connection, owner_id: str, *, account: str, today: date, shell: bool
) -> tuple[Shell | None, tuple[Import, ...]]:
    """Return the shell, and the imports of an account that can be taken back, latest first."""
    parameters = {"owner_id": owner_id, "undo_account": account, "today": today}
    parts = gather(conn, _recent(shell), parameters)
    return read_shell(parts), parts.rows("recent", Import)


def _before(table: Table, *, by_hash: bool) -> str:
    """Lock the rows that have the version they were read with."""
    name = table.name
    return f"""{name}_before AS MATERIALIZED (
  SELECT {name}.id, to_jsonb({name}) AS row FROM {name}
  JOIN json_to_recordset(CAST(:{name}_over AS json)) AS r (id uuid, version text)
  ON r.id = {name}.id AND r.version = CAST({row_version_sql(name, by_hash=by_hash)} AS text)
  WHERE {name}.user_id = :owner_id AND (SELECT seen.is_known FROM seen)
  ORDER BY {name}.id FOR UPDATE OF {name}
)"""


def _are_fresh() -> str:
    """Test that all rows to be written over are locked."""
    return " AND ".join(
        f"(SELECT count(*) FROM {table.name}_before)"
        f" = json_array_length(CAST(:{table.name}_over AS json))"
        for table in TABLES
    )


def _write_over(table: Table, names: Sequence[str]) -> str:
    """Write the columns that are given with a row; another row may have others of `names`."""
    name = table.name
    if not names:
        return f"{name}_over AS (SELECT b.id, b.row FROM {name}_before AS b WHERE false)"
    columns = [table.columns[each] for each in names]
    shape = ", ".join(["id uuid", *(f"{each.name} {type_name(each)}" for each in columns)])
    values = ", ".join(
        f"{each.name} = CASE WHEN (e.value -> '{each.name}') IS NULL"
        f" THEN {name}.{each.name} ELSE r.{each.name} END"
        for each in columns
    )
    return f"""{name}_over AS (
  UPDATE {name} SET {values}
  FROM json_array_elements(CAST(:{name}_over AS json)) AS e (value)
  CROSS JOIN LATERAL json_to_record(e.value) AS r ({shape})
  JOIN {name}_before ON {name}_before.id = r.id
  WHERE {name}.id = r.id AND {name}.user_id = :owner_id AND (SELECT fresh.is_fresh FROM fresh)
  RETURNING {name}.id, to_jsonb({name}) AS row
)"""


def _per_table(form: str) -> str:
    return ", ".join(f"'{table.name}', {form.format(name=table.name)}" for table in TABLES)


def _noted() -> str:
    """Note how to undo the import; the workspace's row is locked last."""
    rows = {
        table.name: undo_notes.differences(table, f"{table.name}_before", f"{table.name}_over")
        for table in TABLES
    }
    changed = ", ".join(f"'{name}', {each}" for name, each in rows.items())
    counts, written = _counted("before"), _counted("over")
    most = undo_notes.MOST_ROWS
    return f"""note AS MATERIALIZED (
  SELECT jsonb_build_object(
    'id', CAST(:undo_id AS text), 'account', CAST(:undo_account AS text),
    'what', CAST(:undo_what AS text),
    'at', CAST(extract(epoch FROM clock_timestamp()) AS bigint),
    'expires', CAST(extract(epoch FROM clock_timestamp()) AS bigint) + {UNDO_S},
    'version', (pg_current_xact_id()::xid)::text,
    'made', jsonb_build_object({_per_table("(SELECT count(*) FROM {name}_made)")}),
    'changed', jsonb_build_object({changed}),
    'deleted', jsonb_build_object()) AS entry,
    {counts} AS rows, {written} AS written
), noted AS (
  UPDATE provision_workspaces
  SET undo = coalesce({undo_notes.STILL_GOOD}, '[]'::jsonb)
    || jsonb_build_array((SELECT note.entry FROM note))
  WHERE provision_workspaces.owner_id = :owner_id
  AND (SELECT seen.is_known FROM seen) AND (SELECT fresh.is_fresh FROM fresh)
  AND (SELECT note.rows FROM note) <= {most} AND (SELECT note.written FROM note) >= 0
  AND length(CAST((SELECT note.entry FROM note) AS text)) <= {undo_notes.MOST_CHARACTERS}
  RETURNING 1
)"""


@lru_cache
def _add(columns: tuple[tuple[str, ...], ...], *, by_hash: bool) -> TextClause:
    """Build the statement; `columns` are those that are written over, by table."""
    condition = ", seen, fresh WHERE seen.is_known AND fresh.is_fresh"
    parts = [
        f"seen AS (SELECT {is_known()} AND {is_known('tasks_over')} AS is_known)",
        *(_before(table, by_hash=by_hash) for table in TABLES),
        f"fresh AS MATERIALIZED (SELECT {_are_fresh()} AS is_fresh)",
        *(insert(table, condition) for table in TABLES),
        *(_write_over(*each) for each in zip(TABLES, columns, strict=True)),
        _noted(),
    ]
    return text(
        f"WITH {', '.join(parts)} SELECT seen.is_known, fresh.is_fresh,"
        f" EXISTS (SELECT FROM noted) AS is_noted, {_counted('made')} AS made FROM seen, fresh"
    )


def _counted(part: str) -> str:
    """Count the rows of one part of the statement in all tables."""
    return " + ".join(f"(SELECT count(*) FROM {table.name}_{part})" for table in TABLES)


@cache
def _present(table: str, *, by_hash: bool) -> TextClause:
    version = f"CAST({row_version_sql(table, by_hash=by_hash)} AS text) AS version"
    return text(
        f"""SELECT coalesce(json_agg(found), '[]')::text FROM (
  SELECT {", ".join(sorted(COLUMNS[table] - {"version"}))}, {version}
  FROM {table}
  WHERE {table}.user_id = :owner_id AND (
    {table}.id IN (
      SELECT value::uuid FROM json_array_elements_text(CAST(:ids AS json)) AS e (value))
    OR {table}.{_NAMED_BY[table]} IN (
      SELECT value FROM json_array_elements_text(CAST(:names AS json)) AS e (value)))
) AS found"""
    )


_RECENT: Final = (
    text("""
SELECT e.value ->> 'id' AS id, coalesce(e.value ->> 'what', '') AS what,
  coalesce(e.value ->> 'at', '') AS at
FROM provision_workspaces, jsonb_array_elements(
  CASE jsonb_typeof(provision_workspaces.undo)
  WHEN 'array' THEN provision_workspaces.undo ELSE '[]'::jsonb END) WITH ORDINALITY AS e (value, at)
WHERE provision_workspaces.owner_id = :owner_id
AND e.value ->> 'account' = :undo_account
AND jsonb_typeof(e.value -> 'made') = 'object'
AND e.value -> 'expires' > to_jsonb(extract(epoch FROM clock_timestamp()))
ORDER BY e.at DESC
""")
    .bindparams(OWNER)
    .columns(column("id"), column("what"), column("at"))
)


@cache
def _recent(shell: bool) -> Select[Any]:
    return bundle(recent=cast("Select[Any]", _RECENT), **shell_part(shell))
