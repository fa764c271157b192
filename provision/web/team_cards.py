"""A team member as pages show them: flags worked out, so that templates only place them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.web.task_lines import TaskLine, task_line

if TYPE_CHECKING:
    from datetime import date

    from provision.tenant.rows import TeamCard

# Another program may have stored any number; beyond this a bar and a word say nothing more.
_MOST_PERCENT = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """A person with what their card says; `percent` is the workload as a bar can draw it."""

    row: TeamCard
    percent: int
    over: int
    next_tasks: tuple[TaskLine, ...]
    more_tasks: int


def member(row: TeamCard, today: date) -> Member:
    """Work out what is shown of `row`."""
    percent = max(0, min(row.workload or 0, _MOST_PERCENT))
    return Member(
        row=row,
        percent=percent,
        over=max(0, percent - 100),
        next_tasks=tuple(task_line(task, today) for task in row.next_tasks),
        more_tasks=row.open_tasks - len(row.next_tasks),
    )
