"""The board of tasks: a column for each status found, the first cards of each, all counted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, case, func, select

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
    from sqlalchemy import FromClause


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
