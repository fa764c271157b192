"""A task as one line below the project or the person it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.tenant.queries.rows import TaskCard
from provision.web.format import moments
from provision.web.format.due import Due, due
from provision.web.tasks.cards import named

if TYPE_CHECKING:
    from datetime import date

    from provision.tenant.queries.rows import NextTask


@dataclass(frozen=True, slots=True)
class TaskLine:
    """`due` is when it is to be done, or when it was."""

    id: str
    title: str
    status: str | None
    due: Due
    is_done: bool
    project: str | None


def task_line(row: NextTask | TaskCard, today: date) -> TaskLine:
    """Work out what is shown of `row`."""
    is_done = row.status == "done"
    when = due(row.due_date, today, is_settled=is_done)
    completed = moments.local(row.completed_at) if isinstance(row, TaskCard) and is_done else None
    if completed:
        when = due(completed.date().isoformat(), today, is_settled=True)
    project = row.project_name if isinstance(row, TaskCard) else None
    return TaskLine(row.id, named(row.title), row.status, when, is_done, project)
