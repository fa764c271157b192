"""Undo notes: a write notes the rows as they were, so that `undo.take_back` can restore them.

The note lies in the person's own database, in the row of the workspace, and is written by the same
statement as the change. Of a row that was deleted it holds the whole, columns that we do not know
included; of one that was changed, our columns that differ, before and after. It is kept for half a
minute by the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import msgspec
from sqlalchemy import (
    CTE,
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
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from provision.tenant.connection.decoding import decode
from provision.tenant.queries.statements.columns import OWNER, versions_by_hash
from provision.tenant.schema.tables import projects, provision_workspaces, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import CTE, ColumnElement, Connection, Table

# What the toast promises, and the time the answer takes to get there.
SECONDS: Final = 30
_GRACE_S: Final = 4
# What is noted is written twice and read again with the next note: more would be felt.
MOST_ROWS: Final = 2_000
MOST_CHARACTERS: Final = 2_000_000
_MOST_NOTES: Final = 10
_TABLES: Final = {each.name: each for each in (projects, team_members, tasks)}

# Without its owner_id: an UPDATE would set that from the parameter of the same name.
_WORKSPACE: Final = table(provision_workspaces.name, column("undo", JSONB))


@dataclass(slots=True)
class Note:
    """Ask a write to note how to take it back; `is_kept` says afterwards whether it did.

    It does not where there are more than MOST_ROWS rows, or where they are very long. None: nothing
    was written. `changes` says of a single row what its columns held before and hold now, as JSON
    has them.
    """

    account: str
    id: str = field(default_factory=lambda: str(uuid4()))
    is_kept: bool | None = None
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


class _Pairs(msgspec.Struct):
    before: dict[str, Any]
    after: dict[str, Any]


class Noted(NamedTuple):
    """The parts of a statement that write a note: the entry, and one row where it was kept."""

    entry: CTE
    kept: CTE


def if_possible(conn: Connection, note: Note | None) -> Note | None:
    """Return the note to write; None on servers that give a row no number to tell it by."""
    if note is not None and versions_by_hash(conn.dialect):
        note.is_kept = False
        return None
    return note


def parameters(note: Note | None) -> dict[str, str]:
    return {} if note is None else {"undo_id": note.id, "undo_account": note.account}


def mark(note: Note | None, answer: Any) -> None:
    """Remember whether what was written can be taken back."""
    if note is None:
        return
    note.is_kept = bool(answer.is_noted)
    told = getattr(answer, "changes", None)
    if told is not None:
        pairs = decode(told, _Pairs)
        note.changes = {name: (pairs.before.get(name), now) for name, now in pairs.after.items()}


def forget(note: Note | None) -> None:
    """Offer no way back after all."""
    if note is not None:
        note.is_kept = False


def whole(of: Table) -> ColumnElement[Any]:
    """Select a row of `of` with all its columns, also those we do not know."""
    return func.to_jsonb(literal_column(of.name), type_=JSONB).label("row")


def noted(
    written: CTE,
    *,
    changed: Mapping[str, tuple[CTE, CTE]] | None = None,
    deleted: Mapping[str, CTE] | None = None,
) -> Noted:
    """Build the part of a write that notes it.

    `deleted` holds as `row` what `whole` was before, by table; `changed` the same and what it is
    afterwards, both with the `id`. They must have locked their rows by now: the workspace's own row
    is locked last by everybody.
    """
    before = [*(each for each, _ in (changed or {}).values()), *(deleted or {}).values()]
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
        changed=_object(
            **{name: _differences(name, *each) for name, each in (changed or {}).items()}
        ),
        deleted=_object(**{name: _rows(cte) for name, cte in (deleted or {}).items()}),
    )
    note = select(entry.label("entry"), count.label("rows")).cte("note")
    entry_text = select(cast(note.c.entry, Text)).scalar_subquery()
    kept = (
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
            func.length(entry_text) <= MOST_CHARACTERS,
        )
        .returning(literal_column("1").label("one"))
        .cte("noted")
    )
    return Noted(note, kept)


def is_noted(noted: Noted) -> ColumnElement[bool]:
    return exists(select(noted.kept.c.one)).label("is_noted")


def changes(noted: Noted, of: Table) -> ColumnElement[Any]:
    """Select what `mark` reads of the one row of `of` that is changed: its columns that differ."""
    path: ColumnElement[Any] = literal_column(f"'{{changed,{of.name},0}}'::text[]")
    pair = noted.entry.c.entry.op("#>")(path)
    return select(cast(pair, Text)).scalar_subquery().label("changes")


def _object(**parts: Any) -> ColumnElement[Any]:
    pairs = []
    for name, value in parts.items():
        pairs += [literal_column(f"'{name}'", Text), value]
    return func.jsonb_build_object(*pairs, type_=JSONB)


def _rows(before: CTE) -> ColumnElement[Any]:
    rows = select(func.jsonb_agg(before.c.row)).scalar_subquery()
    return func.coalesce(rows, literal_column("'[]'::jsonb"))


def differences(of: Table, before: str, after: str) -> str:
    """Write the select of each row's id and of our columns that differ, before and after.

    `before` and `after` are names in the statement that have `id` and, as `row`, what `whole` is.
    """
    return (
        f"(SELECT coalesce(jsonb_agg({_pair(of)}), '[]'::jsonb)"
        f" FROM {before} AS b JOIN {after} AS a ON a.id = b.id)"
    )


def _pair(of: Table) -> str:
    """Write how a row, `b` before and `a` after, is noted."""
    ours = ", ".join(f"'{each.name}'" for each in of.columns if each.name not in ("id", "user_id"))

    def part(row: str, other: str) -> str:
        return (
            f"coalesce((SELECT jsonb_object_agg(k.key, k.value) FROM jsonb_each({row}) AS k"
            f" WHERE k.key IN ({ours}) AND k.value IS DISTINCT FROM {other} -> k.key),"
            " '{}'::jsonb)"
        )

    return (
        f"jsonb_build_object('id', b.row -> 'id', 'before', {part('b.row', 'a.row')},"
        f" 'after', {part('a.row', 'b.row')})"
    )


def _differences(name: str, before: CTE, after: CTE) -> ColumnElement[Any]:
    pair: ColumnElement[Any] = literal_column(_pair(_TABLES[name]), JSONB)
    b, a = before.alias("b"), after.alias("a")
    rows = select(func.jsonb_agg(pair)).select_from(b.join(a, b.c.id == a.c.id))
    return func.coalesce(rows.scalar_subquery(), literal_column("'[]'::jsonb"))


# Compared as JSON: whatever else another program has put there, nothing is cast that cannot be.
STILL_GOOD: Final = f"""(SELECT jsonb_agg(k.value ORDER BY k.at) FROM (
      SELECT e.value, e.at FROM jsonb_array_elements(
        CASE jsonb_typeof(provision_workspaces.undo)
        WHEN 'array' THEN provision_workspaces.undo ELSE '[]'::jsonb END
      ) WITH ORDINALITY AS e (value, at)
      WHERE jsonb_typeof(e.value -> 'expires') = 'number'
      AND e.value -> 'expires' > to_jsonb(extract(epoch FROM clock_timestamp()))
      ORDER BY e.at DESC LIMIT {_MOST_NOTES - 1}) AS k)"""
_STILL_GOOD: Final[ColumnElement[Any]] = literal_column(STILL_GOOD, JSONB)
