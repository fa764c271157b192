"""The panel of one task: to read it, to edit it, or to compare it with somebody else's change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode

from flask import request, url_for

from provision.web.answer.urls import safe_next
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
    """What the panel shows: a task, its form, or the form of a new task.

    If `is_beside` is true, the panel stands beside a board or list; `back` leads to it. The form
    offers `projects` and `members`.
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
    """Return the panel that shows a task."""
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
    """Return the panel with the form of its task open, and a conflict if `form` has one."""
    task = page.task
    return replace(
        panel,
        form=form,
        projects=_choices(page.projects, task.project_id, task.project_name),
        members=_choices(page.members, task.assignee_id, task.assignee_name),
    )


def new(choices: Choices, form: Form, *, at: str) -> Panel:
    """Return the panel with the form of a new task; `at` is the address of the board or list.

    Without script the person goes `back` afterwards to where they came from.
    """
    back = safe_next(request.args.get("back"))
    return Panel(
        href=f"{at}{'&' if '?' in at else '?'}{urlencode({'back': back})}" if back else at,
        back=back or at,
        is_beside=True,
        form=form,
        projects=_choices(choices.projects, None, None),
        members=_choices(choices.members, None, None),
    )


def _choices(options: Sequence[Option], chosen: str | None, name: str | None) -> Options:
    """Return the options of a select, the chosen one too if the names were cut off before it."""
    found = [(each.id, each.name) for each in options]
    if chosen and name and all(chosen != each.id for each in options):
        found.append((chosen, name))
    return tuple(found)
