"""A task opened: read, edited, or laid beside what somebody else made of it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from flask import url_for

from provision.web.format import dates
from provision.web.tasks.cards import Card, card

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from provision.tenant.queries.options import Choices
    from provision.tenant.queries.rows import Option, TaskDetail
    from provision.tenant.queries.tasks import TaskPage
    from provision.web.rows.editing import Form

Options: TypeAlias = "tuple[tuple[str, str], ...]"


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows: a task, its form, or the form of a new one.

    `is_beside` is true in the panel of a board or list, to which `back` leads. `projects` and
    `members` are what the form offers.
    """

    href: str
    back: str
    is_beside: bool
    card: Card | None = None
    row: TaskDetail | None = None
    created: str = ""
    changed: str = ""
    form: Form | None = None
    projects: Options = ()
    members: Options = ()
    warning: str = ""


def opened(row: TaskDetail, today: date, *, back: str, is_beside: bool, warning: str = "") -> Panel:
    """A task to read."""
    return Panel(
        href=url_for("tasks.detail", task_id=row.id),
        back=back,
        is_beside=is_beside,
        card=card(row, today),
        row=row,
        created=dates.in_full(row.created_at, today),
        changed=dates.in_full(row.updated_at, today),
        warning=warning,
    )


def with_form(panel: Panel, page: TaskPage, form: Form) -> Panel:
    """The same task with its form open, or with what stands against it."""
    task = page.task
    return replace(
        panel,
        form=form,
        projects=_choices(page.projects, task.project_id, task.project_name),
        members=_choices(page.members, task.assignee_id, task.assignee_name),
    )


def new(choices: Choices, form: Form, *, at: str) -> Panel:
    """The form of a new task, beside the board or list `at` an address."""
    return Panel(
        href=at,
        back=at,
        is_beside=True,
        form=form,
        projects=_choices(choices.projects, None, None),
        members=_choices(choices.members, None, None),
    )


def _choices(options: Sequence[Option], chosen: str | None, name: str | None) -> Options:
    """The options of a select; the chosen one is among them even where there are too many."""
    found = [(each.id, each.name) for each in options]
    if chosen and name and all(chosen != each.id for each in options):
        found.append((chosen, name))
    return tuple(found)
