"""Undo notes: a write notes the rows as they were, so that `undo.take_back` can restore them.

The note lies in the person's own database, in the row of the workspace, and is written by the same
statement as the change. It holds whole rows, columns that we do not know included, for half a
minute by the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
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
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from provision.tenant.queries.statements.columns import OWNER
from provision.tenant.schema.tables import provision_workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import CTE, ColumnElement, Table

# What the toast promises, and the time the answer takes to get there.
SECONDS: Final = 30
_GRACE_S: Final = 4
# What is noted is written twice and read again with the next note: more would be felt.
MOST_ROWS: Final = 2_000
MOST_CHARACTERS: Final = 2_000_000
_MOST_NOTES: Final = 10

# Without its owner_id: an UPDATE would set that from the parameter of the same name.
_WORKSPACE: Final = table(provision_workspaces.name, column("undo", JSONB))


@dataclass(slots=True)
class Note:
    """Ask a write to note how to take it back; `is_kept` says afterwards whether it did.

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
    """Select a row of `of` with all its columns, also those we do not know."""
    return func.to_jsonb(literal_column(of.name), type_=JSONB).label("row")


def noted(
    written: CTE,
    *,
    changed: Mapping[str, CTE] | None = None,
    deleted: Mapping[str, CTE] | None = None,
) -> CTE:
    """Build the part of a write that notes it; it has one row where it did.

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
            func.length(entry_text) <= MOST_CHARACTERS,
        )
        .returning(literal_column("1").label("one"))
        .cte("noted")
    )


def is_noted(note: CTE) -> ColumnElement[bool]:
    return exists(select(note.c.one)).label("is_noted")


def _object(**parts: Any) -> ColumnElement[Any]:
    pairs = []
    for name, value in parts.items():
        pairs += [literal_column(f"'{name}'", Text), value]
    return func.jsonb_build_object(*pairs, type_=JSONB)


def _rows(before: CTE) -> ColumnElement[Any]:
    rows = select(func.jsonb_agg(before.c.row)).scalar_subquery()
    return func.coalesce(rows, literal_column("'[]'::jsonb"))


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
