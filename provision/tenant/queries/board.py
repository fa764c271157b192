"""The board of tasks: a column for each status found, the first cards of each, all counted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Select, case, func, select

from provision.tenant.queries.bundle import decode
from provision.tenant.queries.columns import (
    DONE,
    LIMIT,
    OFFSET,
    assignee_name,
    count_where,
    is_late,
    own,
    own_rows,
    project_name,
    rank,
    task_columns,
)
from provision.tenant.queries.filters import conditions
from provision.tenant.tables import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import FromClause

    from provision.tenant.rows import StatusCount


class _Count(Struct):
    tasks: int


def card(source: FromClause) -> Select[Any]:
    """All a board or list shows of a task; its description stays where it is."""
    return select(
        *task_columns(source, description=False), project_name(source), assignee_name(source)
    )


@lru_cache(maxsize=256)
def cards(names: tuple[str, ...]) -> Select[Any]:
    """The cards from `offset` on, `limit` of them, of every status; in the board's order.

    A column is in the order people gave it; what is done, latest first, as nobody sorts that.
    """
    finished = case((tasks.c.status == DONE, tasks.c.completed_at))
    order = (finished.desc().nulls_last(), rank(tasks).asc().nulls_last(), tasks.c.id.asc())
    place = func.row_number().over(partition_by=tasks.c.status, order_by=order).label("place")
    # Only ids are sorted; the rows of the few that are shown are fetched after that.
    placed = (
        select(tasks.c.id, place).where(own(tasks), *conditions(tasks, names)).subquery("placed")
    )
    shown = (
        own_rows(tasks)
        .add_columns(placed.c.place)
        .join(placed, placed.c.id == tasks.c.id)
        .where(placed.c.place > OFFSET, placed.c.place <= OFFSET + LIMIT)
        .subquery("shown")
    )
    return card(shown).order_by(shown.c.status, shown.c.place)


@lru_cache(maxsize=256)
def counts(names: tuple[str, ...]) -> Select[Any]:
    """How many tasks each status has, those of other programs' statuses included."""
    return (
        select(
            tasks.c.status,
            func.count().label("tasks"),
            count_where(is_late(tasks)).label("late"),
        )
        .where(own(tasks), *conditions(tasks, names))
        .group_by(tasks.c.status)
        .order_by(tasks.c.status)
    )


_IN_ALL = select(func.count().label("tasks")).select_from(tasks).where(own(tasks))


def everything(names: tuple[str, ...]) -> dict[str, Select[Any]]:
    """The part of a bundle that counts all tasks, where filters make that another number."""
    return {"in_all": _IN_ALL} if names else {}


def in_all(texts: Mapping[str, str], counts: Sequence[StatusCount]) -> int:
    """How many tasks there are without any filter, out of a bundle."""
    if "in_all" in texts:
        return decode(texts["in_all"], tuple[_Count])[0].tasks
    return sum(count.tasks for count in counts)
