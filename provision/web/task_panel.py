"""A task opened: read, edited, or laid beside what somebody else made of it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from flask import url_for

from provision.web import moments
from provision.web.filters import short_day
from provision.web.forms import TASK
from provision.web.task_cards import Card, card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from provision.tenant.queries.options import Choices
    from provision.tenant.queries.tasks import TaskPage
    from provision.tenant.rows import Option, TaskDetail

NEW: Final[Mapping[str, str]] = {"status": "todo", "priority": "medium"}
_REFERENCES: Final = {"project_id": "no project", "assignee_id": "nobody"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that stands otherwise in the database than in a form; texts as people read them."""

    column: str
    label: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A form that came too late: what it holds, and where that differs from what is stored."""

    mine: Mapping[str, str]
    differences: tuple[Difference, ...]
    saved: str


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a task to fill in; `version` is empty for a new one."""

    typed: Mapping[str, str]
    errors: Mapping[str, Sequence[str]]
    projects: tuple[tuple[str, str], ...]
    members: tuple[tuple[str, str], ...]
    version: str
    was: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows: a task, its form, or the form of a new one.

    `is_beside` is true in the panel of a board or list, to which `back` leads.
    """

    href: str
    back: str
    is_beside: bool
    card: Card | None = None
    row: TaskDetail | None = None
    created: str = ""
    changed: str = ""
    form: Form | None = None
    conflict: Conflict | None = None
    warning: str = ""


def opened(row: TaskDetail, today: date, *, back: str, is_beside: bool, warning: str = "") -> Panel:
    """A task to read."""
    return Panel(
        href=url_for("tasks.detail", task_id=row.id),
        back=back,
        is_beside=is_beside,
        card=card(row, today),
        row=row,
        created=moments.in_full(row.created_at, today),
        changed=moments.in_full(row.updated_at, today),
        warning=warning,
    )


def with_form(
    panel: Panel,
    page: TaskPage,
    *,
    sent: Mapping[str, str] | None,
    errors: Mapping[str, Sequence[str]],
) -> Panel:
    """The same task with its form open; `sent` is what was typed and could not be saved."""
    task, stored = page.task, stored_fields(page.task)
    form = Form(
        typed=typed_fields(sent, stored) if sent else stored,
        errors=errors,
        projects=_choices(page.projects, task.project_id, task.project_name),
        members=_choices(page.members, task.assignee_id, task.assignee_name),
        version=(sent or {}).get("version") or task.version,
        was=(sent or {}).get("was", task.status or ""),
    )
    return replace(panel, form=form)


def with_conflict(panel: Panel, against: Conflict) -> Panel:
    """The same task with what somebody else made of it meanwhile."""
    return replace(panel, conflict=against)


def new(
    choices: Choices,
    typed: Mapping[str, str],
    errors: Mapping[str, Sequence[str]],
    *,
    at: str,
) -> Panel:
    """The form of a new task, beside the board or list `at` an address."""
    form = Form(
        typed=typed,
        errors=errors,
        projects=_choices(choices.projects, None, None),
        members=_choices(choices.members, None, None),
        version="",
        was="",
    )
    return Panel(href=at, back=at, is_beside=True, form=form)


def compare(sent: Mapping[str, str], page: TaskPage, today: date) -> Conflict:
    """Lay what was sent beside what is stored; only fields that were sent count."""
    task = page.task
    stored = stored_fields(task)
    names = {
        "project_id": dict(_choices(page.projects, task.project_id, task.project_name)),
        "assignee_id": dict(_choices(page.members, task.assignee_id, task.assignee_name)),
    }
    mine, differences = {}, []
    for field in TASK.fields:
        column = field.column
        if column not in sent:
            continue
        mine[column] = sent[column]
        typed = sent[column].strip().replace("\r\n", "\n")
        if typed != stored[column]:
            texts = (_words(column, text, names, today) for text in (typed, stored[column]))
            differences.append(Difference(column, field.label, *texts))
    return Conflict(mine, tuple(differences), moments.recently(task.updated_at, today))


def stored_fields(row: TaskDetail) -> dict[str, str]:
    """A stored task as the fields of its form."""
    return {each.column: getattr(row, each.column) or "" for each in TASK.fields}


def typed_fields(sent: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What a form holds; what it does not carry is as it was before."""
    columns = (each.column for each in TASK.fields)
    return {column: sent.get(column, before.get(column, "")) for column in columns}


def _words(column: str, text: str, names: Mapping[str, Mapping[str, str]], today: date) -> str:
    if column in _REFERENCES:
        return names[column].get(text, "unknown") if text else _REFERENCES[column]
    if column == "due_date":
        return short_day(text, today) if text else "no date"
    # A status or priority is drawn by its value, whatever that is.
    return text if text or column in ("status", "priority") else "nothing"


def _choices(
    options: Sequence[Option], chosen: str | None, name: str | None
) -> tuple[tuple[str, str], ...]:
    """The options of a select; the chosen one is among them even where there are too many."""
    found = [(each.id, each.name) for each in options]
    if chosen and name and all(chosen != each.id for each in options):
        found.append((chosen, name))
    return tuple(found)
