"""Changing or deleting many tasks at once: one statement, which does all of it or nothing.

Who asks says how many tasks they saw. Where another number is found by now, because tasks came,
went or changed meanwhile, nothing is done.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Numeric,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    select,
    update,
)

from provision.errors import RowRefusedError
from provision.tenant.connection.decoding import as_text
from provision.tenant.queries.statements import (
    ALL_TASKS,
    DONE,
    TaskFilters,
    conditions,
    now_rank,
    own,
    rank,
    undo_notes,
    utc_now,
    writing,
)
from provision.tenant.queries.tasks import TASKS
from provision.tenant.schema.tables import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import CTE, ColumnElement, Connection, Select

    from provision.tenant.queries.statements.undo_notes import Note

_EXPECTED = bindparam("expected", type_=BigInteger)
_IDS = cast(bindparam("ids", type_=ARRAY(Text)), ARRAY(Uuid(as_uuid=False)))


class Outcome(NamedTuple):
    """How many tasks were found, and how many of them are changed: all, or none.

    `named` are the names of the project and the person they were given to, by column.
    """

    found: int
    done: int
    named: Mapping[str, str] = MappingProxyType({})


class ChosenTasks(NamedTuple):
    """The tasks meant: those of `ids`, or all that `filters` leave; `expected` are so many."""

    expected: int
    ids: Sequence[str] | None = None
    filters: TaskFilters = ALL_TASKS

    def names(self) -> tuple[str, ...] | None:
        return self.filters.names() if self.ids is None else None

    def parameters(self, conn: Connection, owner_id: str) -> dict[str, Any]:
        given = self.filters.parameters(conn) if self.ids is None else {"ids": list(self.ids)}
        return {"owner_id": owner_id, "expected": self.expected, **given}


def change_many(
    conn: Connection,
    owner_id: str,
    *,
    chosen: ChosenTasks,
    values: Mapping[str, Any],
    note: Note | None = None,
) -> Outcome:
    """Write `values` to all of them; those of another status go to the end of their new column.

    Raises ValidationError for a project or a team member that is not found.
    """
    writing.check(TASKS, values)
    written = {f"new_{name}": value for name, value in values.items()}
    note = undo_notes.if_possible(conn, note)
    statement = _change(chosen.names(), tuple(sorted(values)), note is not None)
    parameters = chosen.parameters(conn, owner_id) | written | undo_notes.parameters(note)
    answer = conn.execute(statement, parameters).one()
    writing.check_references(TASKS, answer)
    undo_notes.mark(note, answer)
    named = {
        column: as_text(getattr(answer, column))
        for column in TASKS.references
        if values.get(column) and answer.done
    }
    return _as_outcome(chosen, answer)._replace(named=named)


def delete_many(
    conn: Connection, owner_id: str, *, chosen: ChosenTasks, note: Note | None = None
) -> Outcome:
    note = undo_notes.if_possible(conn, note)
    statement = _delete(chosen.names(), note is not None)
    answer = conn.execute(
        statement, chosen.parameters(conn, owner_id) | undo_notes.parameters(note)
    ).one()
    undo_notes.mark(note, answer)
    return _as_outcome(chosen, answer)


def _as_outcome(chosen: ChosenTasks, answer: Any) -> Outcome:
    """Return the outcome. Raises RowRefusedError where a trigger or rule of theirs kept all."""
    if answer.found and answer.found == chosen.expected and not answer.done:
        raise RowRefusedError
    return Outcome(answer.found, answer.done)


def _chosen(names: tuple[str, ...] | None, *, whole: bool) -> CTE:
    """Select and lock the tasks meant; in one order, so that two writers wait."""
    meant = [tasks.c.id == func.any(_IDS)] if names is None else conditions(tasks, names)
    return (
        select(
            tasks.c.id,
            tasks.c.status,
            rank(tasks).label("rank"),
            *([undo_notes.whole(tasks)] if whole else []),
        )
        .where(own(tasks), *meant)
        .order_by(tasks.c.id)
        .with_for_update()
        .cte("chosen")
    )


def _outcome(chosen: CTE, written: CTE) -> list[ColumnElement[Any]]:
    return [
        select(func.count()).select_from(chosen).scalar_subquery().label("found"),
        select(func.count()).select_from(written).scalar_subquery().label("done"),
    ]


def _all_found(chosen: CTE) -> ColumnElement[bool]:
    return select(func.count()).select_from(chosen).scalar_subquery() == _EXPECTED


@lru_cache(maxsize=256)
def _change(filtered: tuple[str, ...] | None, names: tuple[str, ...], notes: bool) -> Select[Any]:
    chosen = _chosen(filtered, whole=notes)
    place = func.row_number().over(order_by=(chosen.c.rank.nulls_last(), chosen.c.id))
    placed = select(chosen.c.id, place.label("place")).cte("placed")
    new = {name: bindparam(f"new_{name}", type_=tasks.c[name].type) for name in names}
    written: dict[str, Any] = {**new, "updated_at": utc_now()}
    if "status" in names:
        still_done = case((tasks.c.status == DONE, tasks.c.completed_at), else_=utc_now())
        written["completed_at"] = case((new["status"] == DONE, still_done))
        thousandth: ColumnElement[Any] = literal_column("0.001", Numeric)
        written["position"] = case(
            (tasks.c.status == new["status"], tasks.c.position),
            else_=now_rank() + placed.c.place * thousandth,
        )
    statement = (
        update(tasks)
        .values(written)
        .where(tasks.c.id == placed.c.id, own(tasks), _all_found(chosen))
    )
    known = writing.references(TASKS, names)
    if known is not None:
        # As scalars: it has one row, and a join would be taken for a forgotten condition.
        statement = statement.where(*(select(each).scalar_subquery() for each in known.c))
    whole = [undo_notes.whole(tasks)] if notes else []
    changed = statement.returning(tasks.c.id, *whole).cte("changed")
    outcome = _outcome(chosen, changed)
    outcome += [
        select(func.coalesce(of.c.name, literal_column("''", Text)))
        .where(own(of), of.c.id == new[column])
        .scalar_subquery()
        .label(column)
        for column, of in TASKS.references.items()
        if column in names
    ]
    if notes:
        outcome.append(
            undo_notes.is_noted(undo_notes.noted(changed, changed={"tasks": (chosen, changed)}))
        )
    return select(*outcome) if known is None else select(*outcome, *known.c).select_from(known)


@lru_cache(maxsize=256)
def _delete(filtered: tuple[str, ...] | None, notes: bool) -> Select[Any]:
    chosen = _chosen(filtered, whole=notes)
    gone = (
        delete(tasks)
        .where(tasks.c.id == chosen.c.id, own(tasks), _all_found(chosen))
        .returning(tasks.c.id)
        .cte("gone")
    )
    outcome = _outcome(chosen, gone)
    if notes:
        outcome.append(undo_notes.is_noted(undo_notes.noted(gone, deleted={"tasks": chosen})))
    return select(*outcome)
