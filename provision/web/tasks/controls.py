"""The controls of a board or list of tasks: its filters, and the headings that sort it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from provision.nouns.tasks import STATUSES
from provision.web.format.dates import short_day
from provision.web.rows import row_view
from provision.web.rows.row_view import Head
from provision.web.tasks.view import AGENDA, DONE_RANGES, DUE_RANGES, NOBODY, NOT_DONE, PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provision.tenant.queries.rows import Option, StatusCount
    from provision.web.rows.row_view import ShownHead
    from provision.web.tasks.view import TaskView

Choices: TypeAlias = "list[tuple[str, str]]"

_ANY: Final = ("", "Any")
_HEADS: Final = (
    Head("Title", "title", "col-title"),
    Head("Status", "status", "col-status"),
    Head("Project", "project", "col-project"),
    Head("Priority", "-priority", "col-priority"),
    Head("Assignee", "assignee", "col-assignee"),
    # The agenda in reverse would begin with done tasks, so the reverse sorts by date alone.
    Head("Due", AGENDA, "col-due", reverse="-due_date"),
    Head("Changed", "-updated_at", "col-changed number"),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, in words; `off` is the address of the page without it."""

    label: str
    text: str
    off: str


@dataclass(frozen=True, slots=True)
class BulkQuestion:
    """Why a change of many tasks was not made.

    `button` and `fields` are a form that makes it after all; empty if nothing can.
    """

    text: str
    button: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def heads(view: TaskView) -> list[ShownHead]:
    """Return the headings of the list."""
    return row_view.headings(_HEADS, view.sort, lambda sort: view.url(sort=sort))


def filters(
    projects: Sequence[Option], members: Sequence[Option], counts: Sequence[StatusCount]
) -> list[tuple[str, str, Choices]]:
    """Return name, label and options of each filter, with the statuses of other programs."""
    foreign = [each.status for each in counts if each.status and each.status not in STATUSES]
    people = [(each.id, each.name) for each in members]
    return [
        ("project_id", "Project", [_ANY, *((each.id, each.name) for each in projects)]),
        ("assignee_id", "Assignee", [_ANY, (NOBODY, "Nobody"), *people]),
        (
            "status",
            "Status",
            [_ANY, (NOT_DONE, "Open"), *STATUSES.items(), *((each, each) for each in foreign)],
        ),
        ("priority", "Priority", [_ANY, *PRIORITIES.items()]),
        ("due", "Due", [_ANY, *DUE_RANGES.items()]),
    ]


def chips(view: TaskView, choices: list[tuple[str, str, Choices]]) -> Iterator[Chip]:
    """Yield a chip for each filter that is set."""
    for name, label, options in choices:
        if value := getattr(view, name):
            yield Chip(label, dict(options).get(value, value), view.url(**{name: ""}))
    for name, label in (("due_after", "Due after"), ("due_before", "Due before")):
        if value := getattr(view, name):
            yield Chip(label, short_day(value), view.url(**{name: ""}))
    if view.done:
        yield Chip("Done", DONE_RANGES[view.done], view.url(done=""))
    if view.q:
        yield Chip("Find", view.q, view.url(q=""))
