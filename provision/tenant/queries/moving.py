"""Moving a task on the board: one row written, between the neighbours it then has.

Neighbours are looked up in the whole column as it is now, whatever a person's filter shows of it,
and half way between two numbers there is always room, as PostgreSQL's numerics are exact. Only
where two neighbours share a number, or numbers have grown long, the column is numbered anew.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import (
    Integer,
    Numeric,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from provision.errors import RowRefusedError, StaleVersionError
from provision.tenant.connection.decoding import as_text, decode
from provision.tenant.queries.statements import (
    DONE,
    ID,
    now_rank,
    own,
    rank,
    undo_notes,
    utc_now,
    versioned,
    writing,
)
from provision.tenant.queries.tasks import TASKS
from provision.tenant.schema.tables import tasks

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import CTE, ColumnElement, Connection, Select

    from provision.tenant.queries.statements.undo_notes import Note

_MOST_DECIMALS: Final = 40
_WAS = bindparam("was", type_=Text)
_COLUMN = bindparam("in_column", type_=Text)
_ABOVE = bindparam("above", type_=Uuid(as_uuid=False))
_BELOW = bindparam("below", type_=Uuid(as_uuid=False))
_ON_TOP = bindparam("on_top", type_=Integer)
_STATUS: ColumnElement[str] = func.coalesce(tasks.c.status, literal_column("''"), type_=Text)


class _WithStatus(msgspec.Struct):
    status: str | None


def move(
    conn: Connection,
    owner_id: str,
    *,
    row_id: str,
    was: str,
    today: date,
    status: str | None = None,
    above: str | None = None,
    below: str | None = None,
    on_top: bool = False,
    note: Note | None = None,
) -> str:
    """Put a task below the card `above` it, or above the one `below`, else on top or at the end.

    The answer is its card. `was` is the status it had on the board, empty for none at all;
    `status` is given where it changes. Raises StaleVersionError, with the card as it is, when the
    task has another status by now, and TaskNotFoundError.
    """
    parameters = {
        "owner_id": owner_id,
        "row_id": row_id,
        "was": was,
        "in_column": was if status is None else status,
        "above": above,
        "below": below,
        "on_top": int(on_top),
        "new_status": status,
        "today": today,
    }
    has_status, is_named = status is not None, bool(parameters["in_column"])
    note = undo_notes.if_possible(conn, note)
    statement = _move(has_status, is_named, note is not None)
    answer = conn.execute(statement, parameters | undo_notes.parameters(note)).one()
    undo_notes.mark(note, answer)
    if answer.item is not None and answer.is_tight:
        # Its neighbours are moved as well: there is no way back to where they were.
        undo_notes.forget(note)
        conn.execute(_spread(is_named), parameters)
        parameters["was"] = parameters["in_column"]
        answer = conn.execute(_move(has_status, is_named, False), parameters).one()
    if answer.item is None:
        card = TASKS.get(conn, owner_id=owner_id, row_id=row_id, today=today)
        if decode(card, _WithStatus).status == (was or None):
            raise RowRefusedError  # a trigger or rule of theirs keeps it where it is
        raise StaleVersionError(card)
    return as_text(answer.item)


def _usable() -> ColumnElement[Any]:
    """Return a rank to count with: other programs may have stored NaN or infinity."""
    bound: ColumnElement[Any] = literal_column("1e15", Numeric)
    return case((and_(rank(tasks) > -bound, rank(tasks) < bound), rank(tasks)))


def _others(is_named: bool) -> CTE:
    """Select the other cards of the column; of one without a name, those without a status."""
    in_column = tasks.c.status == _COLUMN if is_named else _STATUS == _COLUMN
    return (
        select(tasks.c.id, _usable().label("rank"))
        .where(own(tasks), in_column, tasks.c.id != ID)
        .cte("others")
    )


def _bounds(others: CTE) -> CTE:
    """Find the ranks that the task goes between, in one row; NULL where the column ends."""
    place = tuple_(others.c.rank, others.c.id)
    first = select(others.c.id).order_by(others.c.rank, others.c.id).limit(1).scalar_subquery()
    above = select(others.c.id, others.c.rank).where(others.c.id == _ABOVE).cte("above")
    below = (
        select(others.c.id, others.c.rank)
        .where(or_(others.c.id == _BELOW, and_(_ON_TOP == 1, others.c.id == first)))
        .limit(1)
        .cte("below")
    )
    after = (
        select(others.c.rank)
        .where(place > tuple_(above.c.rank, above.c.id))
        .order_by(others.c.rank, others.c.id)
        .limit(1)
    )
    before = (
        select(others.c.rank)
        .where(place < tuple_(below.c.rank, below.c.id))
        .order_by(others.c.rank.desc(), others.c.id.desc())
        .limit(1)
    )
    is_below_another = exists(select(above.c.id))
    lowest = select(above.c.rank).scalar_subquery()
    highest = select(below.c.rank).scalar_subquery()
    return select(
        case((is_below_another, lowest), else_=before.scalar_subquery()).label("low"),
        case((is_below_another, after.scalar_subquery()), else_=highest).label("high"),
    ).cte("bounds")


@lru_cache
def _move(has_status: bool, is_named: bool, notes: bool) -> Select[Any]:
    bounds = _bounds(_others(is_named))
    low, high = bounds.c.low, bounds.c.high
    half: ColumnElement[Any] = literal_column("0.5", Numeric)
    spot = select(
        case(
            (and_(low.is_not(None), high.is_not(None)), (low + high) * half),
            (low.is_not(None), func.greatest(now_rank(), low + 1)),
            (high.is_not(None), high - 60),
            else_=now_rank(),
        ).label("rank"),
        func.coalesce(low == high, literal_column("false")).label("is_tight"),
    ).cte("spot")
    written: dict[str, ColumnElement[Any]] = {"position": select(spot.c.rank).scalar_subquery()}
    if has_status:
        status = bindparam("new_status", type_=Text)
        still_done = case((tasks.c.status == DONE, tasks.c.completed_at), else_=utc_now())
        written["status"] = status
        written["completed_at"] = case((status == DONE, still_done))
        written["updated_at"] = case((status == _STATUS, tasks.c.updated_at), else_=utc_now())
    statement = update(tasks).values(written).where(tasks.c.id == ID, own(tasks), _STATUS == _WAS)
    before = None
    if notes:
        as_is = select(tasks.c.id, undo_notes.whole(tasks)).where(tasks.c.id == ID, own(tasks))
        before = as_is.with_for_update().cte("before")
        statement = statement.where(exists(select(before.c.id)))
    whole = [undo_notes.whole(tasks)] if notes else []
    moved = statement.returning(*versioned(tasks), *whole).cte("moved")
    item = writing.shaped(TASKS, moved, as_card=True).scalar_subquery().label("item")
    is_long = func.scale(spot.c.rank) > _MOST_DECIMALS
    answer: list[ColumnElement[Any]] = [item, or_(spot.c.is_tight, is_long).label("is_tight")]
    if before is not None:
        answer.append(
            undo_notes.is_noted(undo_notes.noted(moved, changed={"tasks": (before, moved)}))
        )
    return select(*answer).select_from(spot)


@lru_cache
def _spread(is_named: bool) -> Any:
    """Number a column anew, in the order it has, with the least distance of a second."""
    others = _others(is_named)
    order = (others.c.rank.asc().nulls_last(), others.c.id)
    place = func.row_number().over(order_by=order)
    last = func.coalesce(func.max(others.c.rank).over(), now_rank())
    spread = select(others.c.id, (last - func.count().over() + place).label("rank")).cte("spread")
    return update(tasks).values(position=spread.c.rank).where(tasks.c.id == spread.c.id, own(tasks))
