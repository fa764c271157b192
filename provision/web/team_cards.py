"""A team member as pages show them: flags worked out, so that templates only place them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.tenant.rows import TaskCard
from provision.web.due import Due, due

if TYPE_CHECKING:
    from datetime import date

    from provision.tenant.rows import NextTask, TeamCard

# Another program may have stored any number; beyond this a bar and a word say nothing more.
_MOST_PERCENT = 1000


@dataclass(frozen=True, slots=True)
class MemberTask:
    """A task as its person's card lists it."""

    id: str
    title: str
    status: str | None
    due: Due
    is_done: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A person with what their card says; `percent` is the workload as a bar can draw it."""

    row: TeamCard
    percent: int
    over: int
    next_tasks: tuple[MemberTask, ...]
    more_tasks: int


def member(row: TeamCard, today: date) -> Member:
    """Work out what is shown of `row`."""
    percent = max(0, min(row.workload or 0, _MOST_PERCENT))
    return Member(
        row=row,
        percent=percent,
        over=max(0, percent - 100),
        next_tasks=tuple(member_task(task, today) for task in row.next_tasks),
        more_tasks=row.open_tasks - len(row.next_tasks),
    )


def member_task(row: NextTask | TaskCard, today: date) -> MemberTask:
    """A task's line below its person."""
    is_done = row.status == "done"
    when = due(row.due_date, today, is_settled=is_done)
    if isinstance(row, TaskCard) and is_done and row.completed:
        day = row.completed.astimezone().date().isoformat()
        when = due(day, today, is_settled=True)
    return MemberTask(row.id, row.title, row.status, when, is_done)
