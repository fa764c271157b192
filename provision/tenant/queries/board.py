"""The board of tasks: a column for each status found, the first cards of each, all counted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Select, case, func, select, true, union_all

from provision.tenant.queries.statements import (
    DONE,
    LIMIT,
    OFFSET,
    assignee_name,
    conditions,
    count_where,
    is_late,
    own,
    own_rows,
    project_name,
    rank,
    task_columns,
)
from provision.tenant.schema.tables import tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, FromClause

    from provision.tenant.queries.rows import StatusCount
    from provision.tenant.queries.statements import Parts


class _Count(Struct):
    tasks: int


def card(source: FromClause) -> Select[Any]:
    """Select all that a board or list shows of a task; its description is not fetched."""
    return select(
        *task_columns(source, description=False), project_name(source), assignee_name(source)
    )


def order(source: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Order as people put the cards; what is done comes latest first, as nobody sorts that."""
    finished = case((source.c.status == DONE, source.c.completed_at))
    # A rank takes some time to work out, and what was finished at a known time needs none.
    unfinished = case((finished.is_(None), rank(source)))
    return finished.desc().nulls_last(), unfinished.asc().nulls_last(), source.c.id.asc()


@lru_cache(maxsize=256)
def cards(names: tuple[str, ...]) -> Select[Any]:
    """Select `limit` cards of every status from `offset` on, in the board's order.

    Each status is looked up by itself, so that the many that are not shown are not sorted.
    """
    found = (own(tasks), *conditions(tasks, names))
    statuses = (
        select(tasks.c.status.label("name"))
        .where(*found, tasks.c.status.is_not(None))
        .group_by(tasks.c.status)
        .cte("statuses")
    )
    first = (
        _first(names).where(tasks.c.status == statuses.c.name).correlate(statuses).lateral("first")
    )
    without = _first(names).where(tasks.c.status.is_(None)).subquery("without")
    shown = union_all(
        select(*first.c).select_from(statuses.join(first, true())), select(*without.c)
    ).subquery("shown")
    return card(shown).order_by(shown.c.status, *order(shown))


def _first(names: tuple[str, ...]) -> Select[Any]:
    return (
        own_rows(tasks)
        .where(*conditions(tasks, names))
        .order_by(*order(tasks))
        .limit(LIMIT)
        .offset(OFFSET)
    )


@lru_cache(maxsize=256)
def counts(names: tuple[str, ...]) -> Select[Any]:
    """Count the tasks of each status, those of other programs' statuses included."""
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
    """Return the part of a bundle that counts all tasks, where filters change the number."""
    return {"in_all": _IN_ALL} if names else {}


def in_all(parts: Parts, counts: Sequence[StatusCount]) -> int:
    """Return how many tasks there are without any filter, out of a bundle."""
    if "in_all" in parts:
        return parts.rows("in_all", _Count)[0].tasks
    return sum(count.tasks for count in counts)
