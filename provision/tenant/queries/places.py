"""The places in a column of the board that a task can be moved to, for a form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Text, bindparam, func, literal_column, select

from provision.errors import TaskNotFoundError
from provision.tenant.queries.board import card
from provision.tenant.queries.rows import Option, TaskCard
from provision.tenant.queries.statements import (
    ALL_TASKS,
    ID,
    LIMIT,
    Shell,
    TaskFilters,
    bundle,
    conditions,
    gather,
    own,
    own_rows,
    rank,
    read_shell,
    shell_part,
)
from provision.tenant.schema.tables import tasks

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Places:
    """A task, and the first `limit` of the other cards in the column it is to go to."""

    shell: Shell | None
    task: TaskCard
    neighbours: tuple[Option, ...]


def places(
    conn: Connection,
    owner_id: str,
    *,
    row_id: str,
    today: date,
    shell: bool,
    status: str | None = None,
    filters: TaskFilters = ALL_TASKS,
    limit: int = 50,
) -> Places:
    """Return the places in the column of `status`, else in its own, that `filters` leave.

    Raises TaskNotFoundError.
    """
    parameters = {
        "owner_id": owner_id,
        "row_id": row_id,
        "today": today,
        "in_column": status,
        "limit": limit,
        **filters.parameters(conn),
    }
    parts = gather(conn, _places(filters.names(), shell), parameters)
    found = parts.rows("task", TaskCard)
    if not found:
        raise TaskNotFoundError
    return Places(read_shell(parts), found[0], parts.rows("neighbours", Option))


@lru_cache(maxsize=256)
def _places(names: tuple[str, ...], shell: bool) -> Select[Any]:
    present = (
        select(func.coalesce(tasks.c.status, literal_column("''"), type_=Text))
        .where(own(tasks), tasks.c.id == ID)
        .cte("present")
    )
    column = func.coalesce(
        bindparam("in_column", type_=Text), select(present.c[0]).scalar_subquery()
    )
    neighbours = (
        select(tasks.c.id, tasks.c.title.label("name"))
        .where(
            own(tasks),
            tasks.c.id != ID,
            func.coalesce(tasks.c.status, literal_column("''"), type_=Text) == column,
            *conditions(tasks, names),
        )
        .order_by(rank(tasks).asc().nulls_last(), tasks.c.id)
        .limit(LIMIT)
    )
    return bundle(
        task=card(own_rows(tasks).where(tasks.c.id == ID).subquery("found")),
        neighbours=neighbours,
        **shell_part(shell),
    )
