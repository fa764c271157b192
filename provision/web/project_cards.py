"""A project as pages show it: flags and figures worked out, so that templates only place them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.web.format.dates import Due, due
from provision.web.format.money import Budget, budget

if TYPE_CHECKING:
    from datetime import date

    from provision.tenant.queries.rows import ProjectCard

_ENDED = ("completed", "cancelled")
_NEAR = 90


@dataclass(frozen=True, slots=True)
class ShownProject:
    """A project with what its card and its page say about it.

    `tone` is red where more is spent than planned, amber from nine tenths on; then `warning` sets
    what is spent against what is done.
    """

    row: ProjectCard
    budget: Budget
    due: Due
    done_percent: int
    has_ended: bool
    tone: str
    warning: str


def project(row: ProjectCard, today: date) -> ShownProject:
    """Work out what is shown of `row`."""
    has_ended = row.status in _ENDED
    done_percent = round(100 * row.tasks_done / row.tasks_total) if row.tasks_total else 0
    money_of = budget(row.budget_amount, row.spent_amount)
    is_near = money_of.percent is not None and money_of.percent >= _NEAR
    is_warned = money_of.is_over or (is_near and not has_ended and done_percent < _NEAR)
    return ShownProject(
        row=row,
        budget=money_of,
        due=due(row.due_date, today, is_settled=has_ended),
        done_percent=done_percent,
        has_ended=has_ended,
        tone="red" if money_of.is_over else "amber" if is_near else "",
        warning=f"{money_of.percent} % spent at {done_percent} % done" if is_warned else "",
    )
