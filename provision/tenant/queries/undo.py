"""Undo: `take_back` restores the rows that a note holds (see `statements.undo_notes`).

A note is good once, for the account that made the change, and only while every column that the
change wrote is still as it left it. So several changes of a row are taken back in any order. An
import (`transfer/importing`) notes how many rows it made; they are known by the transaction that
wrote them, and are deleted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from provision.tenant.queries.statements import versions_by_hash
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table, TextClause

_TABLES: Final = (projects, team_members, tasks)
_GENERATED_ALWAYS: Final = "428C9"

Outcome = Literal["done", "gone", "changed"]


def take_back(conn: Connection, owner_id: str, *, account: str, note_id: str) -> Outcome:
    """Restore what a note holds, all of it or nothing.

    `gone`: there is no such note (any more). `changed`: a row is not as the change left it.
    """
    if versions_by_hash(conn.dialect):
        return "gone"
    parameters = {"owner_id": owner_id, "undo_id": note_id, "undo_account": account}
    try:
        try:
            answer = conn.execute(_TAKE_BACK, parameters).one()
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", "") != _GENERATED_ALWAYS:
                raise
            # A column of their own that PostgreSQL computes: it does so again.
            answer = conn.execute(_TAKE_BACK_OURS, parameters).one()
    except (IntegrityError, DataError):
        # The row is there again, or what it belonged to is not.
        return "changed"
    return "done" if answer.ok else "changed" if answer.found else "gone"


def _take_back(*, all_columns: bool) -> TextClause:
    parts = [
        """
WITH note AS MATERIALIZED (
  SELECT e.value AS entry
  FROM provision_workspaces, jsonb_array_elements(
    CASE jsonb_typeof(provision_workspaces.undo)
    WHEN 'array' THEN provision_workspaces.undo ELSE '[]'::jsonb END) AS e (value)
  WHERE provision_workspaces.owner_id = :owner_id
  AND e.value ->> 'id' = :undo_id AND e.value ->> 'account' = :undo_account
  AND jsonb_typeof(e.value -> 'expires') = 'number'
  AND e.value -> 'expires' > to_jsonb(extract(epoch FROM clock_timestamp()))
  LIMIT 1
)"""
    ]
    parts += [_held(each) for each in _TABLES]
    parts += [_gone(each) for each in _TABLES]
    parts += [_made(each) for each in _TABLES]
    conditions = ["EXISTS (SELECT FROM note)"]
    conditions += [
        f"(SELECT count(*) FROM {each.name}_held) = (SELECT count(*) FROM {each.name}_changed)"
        for each in _TABLES
    ]
    conditions += [_refers_to_own(of, *each) for of in _TABLES for each in _references(of)]
    conditions += [_are_all_made(each) for each in _TABLES]
    conditions += [_is_unused(of, *each) for of in _TABLES for each in _references(of)]
    parts.append(f"fit AS MATERIALIZED (SELECT {' AND '.join(conditions)} AS ok)")
    parts += [_restored(each) for each in _TABLES]
    parts += [_returned(each, all_columns=all_columns) for each in _TABLES]
    parts += [_unmade(each) for each in _TABLES]
    after = " + ".join(f"(SELECT count(*) FROM {each.name}_restored)" for each in _TABLES)
    parts.append(f"""dropped AS (
  UPDATE provision_workspaces
  SET undo = (SELECT coalesce(jsonb_agg(e.value), '[]'::jsonb)
    FROM jsonb_array_elements(provision_workspaces.undo) AS e (value)
    WHERE e.value ->> 'id' IS DISTINCT FROM :undo_id)
  WHERE provision_workspaces.owner_id = :owner_id AND (SELECT fit.ok FROM fit) AND {after} >= 0
)""")
    return text(
        ",\n".join(parts) + "\nSELECT fit.ok AS ok, EXISTS (SELECT FROM note) AS found FROM fit"
    )


def _held(of: Table) -> str:
    """Select what was changed, and lock what of it is still as the change left it."""
    name = of.name
    return f"""{name}_changed AS MATERIALIZED (
  SELECT (e.value ->> 'id')::uuid AS id, e.value -> 'before' AS before, e.value -> 'after' AS after
  FROM note, jsonb_array_elements(
    coalesce(note.entry #> '{{changed,{name}}}', '[]'::jsonb)) AS e (value)
), {name}_held AS MATERIALIZED (
  SELECT {name}.id FROM {name}
  JOIN {name}_changed ON {name}_changed.id = {name}.id AND {name}.user_id = :owner_id
  WHERE to_jsonb({name}) @> ({name}_changed.after - 'updated_at')
  ORDER BY {name}.id FOR UPDATE OF {name}
)"""


def _gone(of: Table) -> str:
    """Select what was deleted; of a note that names rows of others, only the owner's."""
    name = of.name
    return f"""{name}_gone AS MATERIALIZED (
  SELECT r.* FROM note, jsonb_populate_recordset(NULL::{name},
    coalesce(note.entry #> '{{deleted,{name}}}', '[]'::jsonb)) AS r
  WHERE r.user_id = :owner_id
)"""


def _made(of: Table) -> str:
    """Select and lock the rows that an import made and nobody has changed since."""
    name = of.name
    return f"""{name}_made AS MATERIALIZED (
  SELECT {name}.id FROM {name}
  WHERE {name}.user_id = :owner_id
  AND {name}.xmin::text = (SELECT note.entry ->> 'version' FROM note WHERE note.entry ? 'made')
  AND NOT EXISTS (SELECT FROM {name}_changed WHERE {name}_changed.id = {name}.id)
  ORDER BY {name}.id FOR UPDATE OF {name}
)"""


def _are_all_made(of: Table) -> str:
    """Test that all rows that an import made are there, as the import left them."""
    noted = f"(SELECT note.entry #> '{{made,{of.name}}}' FROM note)"
    return f"to_jsonb((SELECT count(*) FROM {of.name}_made)) = coalesce({noted}, to_jsonb(0))"


def _is_unused(of: Table, column: str, target: Table) -> str:
    """Test that no other row refers to a row that an import made, or is about to do so no more."""
    return f"""NOT EXISTS (
  SELECT FROM {of.name}
  WHERE {of.name}.{column} IN (SELECT {target.name}_made.id FROM {target.name}_made)
  AND {of.name}.id NOT IN (SELECT {of.name}_made.id FROM {of.name}_made)
  AND {of.name}.id NOT IN (SELECT {of.name}_changed.id FROM {of.name}_changed
    WHERE jsonb_exists({of.name}_changed.before, '{column}'))
)"""


def _unmade(of: Table) -> str:
    name = of.name
    return f"""{name}_unmade AS (
  DELETE FROM {name} USING {name}_made
  WHERE {name}.id = {name}_made.id AND {name}.user_id = :owner_id AND (SELECT fit.ok FROM fit)
)"""


def _references(of: Table) -> list[tuple[str, Table]]:
    """Return the columns that refer to other tables, with those."""
    return [
        (each.name, key.column.table)
        for each in of.columns
        for key in each.foreign_keys
        if key.column.table in _TABLES
    ]


def _refers_to_own(of: Table, column: str, target: Table) -> str:
    """Test that all that a note would write refers to rows of the owner, or to none.

    What a row refers to at present may stay, whoever owns it.
    """
    return f"""NOT EXISTS (
  SELECT FROM (
    SELECT r.{column} FROM {of.name}_gone AS r
    UNION ALL
    SELECT (r.before ->> '{column}')::uuid FROM {of.name}_changed AS r
    JOIN {of.name} ON {of.name}.id = r.id AND {of.name}.user_id = :owner_id
    WHERE jsonb_exists(r.before, '{column}')
    AND {of.name}.{column} IS DISTINCT FROM (r.before ->> '{column}')::uuid
  ) AS written
  WHERE written.{column} IS NOT NULL
  AND NOT EXISTS (SELECT FROM {target.name}
    WHERE {target.name}.id = written.{column} AND {target.name}.user_id = :owner_id)
  AND NOT EXISTS (SELECT FROM {target.name}_gone AS g WHERE g.id = written.{column})
)"""


def _restored(of: Table) -> str:
    name = of.name
    columns = [each.name for each in of.columns if each.name not in ("id", "user_id")]
    return f"""{name}_restored AS (
  UPDATE {name} SET ({", ".join(columns)}) = (
    SELECT {", ".join(f"r.{each}" for each in columns)} FROM jsonb_populate_record({name},
      CASE WHEN to_jsonb({name}) @> {name}_changed.after THEN {name}_changed.before
      ELSE {name}_changed.before - 'updated_at' END) AS r)
  FROM {name}_changed
  WHERE {name}.id = {name}_changed.id AND {name}.user_id = :owner_id AND (SELECT fit.ok FROM fit)
  RETURNING 1
)"""


def _returned(of: Table, *, all_columns: bool) -> str:
    name = of.name
    ours = ", ".join(each.name for each in of.columns)
    into, values = ("", "r.*") if all_columns else (f" ({ours})", ours)
    return f"""{name}_returned AS (
  INSERT INTO {name}{into}
  SELECT {values} FROM {name}_gone AS r WHERE (SELECT fit.ok FROM fit)
)"""


_TAKE_BACK: Final = _take_back(all_columns=True)
_TAKE_BACK_OURS: Final = _take_back(all_columns=False)
