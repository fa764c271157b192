"""Taking back what was just done: a write notes the rows as they were, `take_back` restores them.

The note lies in the person's own database, in the row of the workspace, and is written by the same
statement as the change. It holds whole rows, the columns of others included, for half a minute by
the database's clock; it is good once, for the account that made the change, and only while every
row is still as that change left it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from sqlalchemy import (
    Integer,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from provision.tenant.queries.statements.columns import OWNER
from provision.tenant.schema.tables import projects, provision_workspaces, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import CTE, ColumnElement, Connection, Table, TextClause

# What the toast promises, and the time the answer takes to get there.
SECONDS: Final = 30
_GRACE_S: Final = 4
# What is noted is written twice and read again with the next note: more would be felt.
MOST_ROWS: Final = 2_000
_MOST_CHARACTERS: Final = 2_000_000
_MOST_NOTES: Final = 10
_TABLES: Final = (projects, team_members, tasks)
_GENERATED_ALWAYS: Final = "428C9"

# Without its owner_id: an UPDATE would set that from the parameter of the same name.
_WORKSPACE: Final = table(provision_workspaces.name, column("undo", JSONB))

Outcome = Literal["done", "gone", "changed"]


@dataclass(slots=True)
class Note:
    """Asks a write to note how to take it back; `is_kept` says afterwards whether it did.

    It does not where there are more than MOST_ROWS rows, or where they are very long. None: nothing
    was written.
    """

    account: str
    id: str = field(default_factory=lambda: str(uuid4()))
    is_kept: bool | None = None


def parameters(note: Note | None) -> dict[str, str]:
    return {} if note is None else {"undo_id": note.id, "undo_account": note.account}


def mark(note: Note | None, answer: Any) -> None:
    """Remember whether what was written can be taken back."""
    if note is not None:
        note.is_kept = bool(answer.is_noted)


def forget(note: Note | None) -> None:
    """Offer no way back after all."""
    if note is not None:
        note.is_kept = False


def whole(of: Table) -> ColumnElement[Any]:
    """A row of `of` with all its columns, also those we do not know."""
    return func.to_jsonb(literal_column(of.name), type_=JSONB).label("row")


def noted(
    written: CTE,
    *,
    changed: Mapping[str, CTE] | None = None,
    deleted: Mapping[str, CTE] | None = None,
) -> CTE:
    """The part of a write that notes it, one row where it did.

    `changed` and `deleted` hold as `row` what `whole` was before, by table. They must have locked
    their rows by now: the workspace's own row is locked last by everybody.
    """
    before = [*(changed or {}).values(), *(deleted or {}).values()]
    counts = [select(func.count()).select_from(each).scalar_subquery() for each in before]
    count: ColumnElement[int] = literal_column("0", Integer)
    for each in counts:
        count = count + each
    entry = _object(
        id=bindparam("undo_id", type_=Text),
        account=bindparam("undo_account", type_=Text),
        expires=literal_column(
            f"extract(epoch FROM clock_timestamp()) + {SECONDS + _GRACE_S}", Integer
        ),
        # What every row that this statement writes has as its xmin.
        version=literal_column("(pg_current_xact_id()::xid)::text", Text),
        changed=_object(**{name: _rows(cte) for name, cte in (changed or {}).items()}),
        deleted=_object(**{name: _rows(cte) for name, cte in (deleted or {}).items()}),
    )
    note = select(entry.label("entry"), count.label("rows")).cte("note")
    entry_text = select(cast(note.c.entry, Text)).scalar_subquery()
    return (
        update(_WORKSPACE)
        .values(
            undo=func.coalesce(_STILL_GOOD, literal_column("'[]'::jsonb")).op("||")(
                func.jsonb_build_array(select(note.c.entry).scalar_subquery())
            )
        )
        .where(
            literal_column("provision_workspaces.owner_id") == OWNER,
            exists(select(literal_column("1")).select_from(written)),
            select(note.c.rows).scalar_subquery() <= MOST_ROWS,
            func.length(entry_text) <= _MOST_CHARACTERS,
        )
        .returning(literal_column("1").label("one"))
        .cte("noted")
    )


def is_noted(note: CTE) -> ColumnElement[bool]:
    return exists(select(note.c.one)).label("is_noted")


def take_back(conn: Connection, owner_id: str, *, account: str, note_id: str) -> Outcome:
    """Restore what a note holds, all of it or nothing.

    `gone`: there is no such note (any more). `changed`: a row is not as the change left it.
    """
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


def _object(**parts: Any) -> ColumnElement[Any]:
    pairs = []
    for name, value in parts.items():
        pairs += [literal_column(f"'{name}'", Text), value]
    return func.jsonb_build_object(*pairs, type_=JSONB)


def _rows(before: CTE) -> ColumnElement[Any]:
    rows = select(func.jsonb_agg(before.c.row)).scalar_subquery()
    return func.coalesce(rows, literal_column("'[]'::jsonb"))


# Compared as JSON: whatever else another program has put there, nothing is cast that cannot be.
_STILL_GOOD: Final[ColumnElement[Any]] = literal_column(
    f"""(SELECT jsonb_agg(k.value ORDER BY k.at) FROM (
      SELECT e.value, e.at FROM jsonb_array_elements(
        CASE jsonb_typeof(provision_workspaces.undo)
        WHEN 'array' THEN provision_workspaces.undo ELSE '[]'::jsonb END
      ) WITH ORDINALITY AS e (value, at)
      WHERE jsonb_typeof(e.value -> 'expires') = 'number'
      AND e.value -> 'expires' > to_jsonb(extract(epoch FROM clock_timestamp()))
      ORDER BY e.at DESC LIMIT {_MOST_NOTES - 1}) AS k)""",
    JSONB,
)


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
    conditions = ["EXISTS (SELECT FROM note)"]
    conditions += [
        f"(SELECT count(*) FROM {each.name}_held) = (SELECT count(*) FROM {each.name}_changed)"
        for each in _TABLES
    ]
    conditions += [_refers_to_own(of, *each) for of in _TABLES for each in _references(of)]
    parts.append(f"fit AS MATERIALIZED (SELECT {' AND '.join(conditions)} AS ok)")
    parts += [_restored(each) for each in _TABLES]
    parts += [_returned(each, all_columns=all_columns) for each in _TABLES]
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
    """What was changed, and which of it is still as the change left it; held from here on."""
    name = of.name
    return f"""{name}_changed AS MATERIALIZED (
  SELECT r.* FROM note, jsonb_populate_recordset(NULL::{name},
    coalesce(note.entry #> '{{changed,{name}}}', '[]'::jsonb)) AS r
), {name}_held AS MATERIALIZED (
  SELECT {name}.id FROM {name}
  JOIN {name}_changed ON {name}_changed.id = {name}.id AND {name}.user_id = :owner_id
  WHERE {name}.xmin::text = (SELECT note.entry ->> 'version' FROM note)
  ORDER BY {name}.id FOR UPDATE OF {name}
)"""


def _gone(of: Table) -> str:
    """What was deleted; of a note that names rows of others, only the owner's."""
    name = of.name
    return f"""{name}_gone AS MATERIALIZED (
  SELECT r.* FROM note, jsonb_populate_recordset(NULL::{name},
    coalesce(note.entry #> '{{deleted,{name}}}', '[]'::jsonb)) AS r
  WHERE r.user_id = :owner_id
)"""


def _references(of: Table) -> list[tuple[str, Table]]:
    """The columns that refer to other tables, with those."""
    return [
        (each.name, key.column.table)
        for each in of.columns
        for key in each.foreign_keys
        if key.column.table in _TABLES
    ]


def _refers_to_own(of: Table, column: str, target: Table) -> str:
    """Whether all that a note would write refers to rows of the owner, or to none.

    What a row refers to at present is no change.
    """
    return f"""NOT EXISTS (
  SELECT FROM (
    SELECT r.{column} FROM {of.name}_gone AS r
    UNION ALL
    SELECT r.{column} FROM {of.name}_changed AS r
    JOIN {of.name} ON {of.name}.id = r.id AND {of.name}.user_id = :owner_id
    WHERE {of.name}.{column} IS DISTINCT FROM r.{column}
  ) AS written
  WHERE written.{column} IS NOT NULL
  AND NOT EXISTS (SELECT FROM {target.name}
    WHERE {target.name}.id = written.{column} AND {target.name}.user_id = :owner_id)
  AND NOT EXISTS (SELECT FROM {target.name}_gone AS g WHERE g.id = written.{column})
)"""


def _restored(of: Table) -> str:
    name = of.name
    columns = [each.name for each in of.columns if each.name not in ("id", "user_id")]
    values = ", ".join(f"{each} = {name}_changed.{each}" for each in columns)
    return f"""{name}_restored AS (
  UPDATE {name} SET {values} FROM {name}_changed
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
