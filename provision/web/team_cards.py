"""Work out what pages show of team members, so that templates only place it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.web.format.names import brief_names
from provision.web.tasks.cards import TaskLine, task_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from provision.tenant.queries.rows import TeamCard

# The highest percentage shown. Another program may have stored any number.
_MOST_PERCENT = 1000

# A person with less room than this is not named.
_WORTH_GIVING = 10
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Member:
    """What the card of a person shows; `percent` is the workload within the bounds of a bar."""

    row: TeamCard
    percent: int
    over: int
    next_tasks: tuple[TaskLine, ...]
    more_tasks: int


@dataclass(frozen=True, slots=True)
class Balance:
    """A sentence on who has too much, and one on who has room.

    `id` and `name` are those of the person with the most.
    """

    id: str
    name: str
    over: str
    free: str


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


def balance(members: Sequence[Member]) -> Balance | None:
    """Say who has too much and who could take some of it; None if nobody has too much."""
    names = brief_names([each.row.name for each in members])
    pairs = sorted(zip(members, names, strict=True), key=lambda pair: -pair[0].percent)
    over = [(name, each.over) for each, name in pairs if each.over]
    if not over:
        return None
    free = [
        (name, 100 - each.percent)
        for each, name in reversed(pairs)
        if each.row.status == "available" and each.percent <= 100 - _WORTH_GIVING
    ]
    (first, most), *others = over[:_MOST_NAMED]
    said = ", ".join([f"{first} is {most} % over", *(f"{name} {much} %" for name, much in others)])
    given = [f"{name} {much} %" for name, much in free[1:_MOST_NAMED]]
    gives = ", ".join([f"{free[0][0]} has {free[0][1]} % free", *given]) if free else ""
    fullest = pairs[0][0].row
    return Balance(fullest.id, first, f"{said}.", f"{gives}." if gives else "")
