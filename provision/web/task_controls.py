"""The controls around a board or list of tasks: its filters, and the headings that sort it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from provision.nouns.tasks import STATUSES
from provision.web.task_view import AGENDA, NOBODY, NOT_DONE, PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.tenant.rows import Option, StatusCount
    from provision.web.task_view import TaskView

Choices: TypeAlias = "list[tuple[str, str]]"

_ANY: Final = ("", "Any")


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading; `url` sorts by it, `direction` is how the list is sorted by it now.

    `kind` says as a class how wide it is and on which screens it has room.
    """

    title: str
    kind: str
    url: str = ""
    direction: str = ""


def heads(view: TaskView) -> list[Head]:
    """The headings of the list."""
    return [
        _head(view, "Title", "title", "head-title"),
        _head(view, "Status", "status", "head-status"),
        Head("Project", "head-project wide-only"),
        _head(view, "Priority", "-priority", "head-priority wide-only"),
        Head("Assignee", "head-assignee wide-only"),
        _head(view, "Due", AGENDA, "head-due"),
        _head(view, "Changed", "-updated_at", "head-changed wide-only roomy-only number"),
    ]


def _head(view: TaskView, title: str, sort: str, kind: str) -> Head:
    """A heading that sorts by `sort`, or the other way round where that is the order already."""
    turned = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
    direction = ""
    if view.sort in (sort, turned):
        direction = "descending" if view.sort.startswith("-") else "ascending"
    # The agenda turned round would begin with what is done.
    is_turned = view.sort == sort and sort != AGENDA
    return Head(title, kind, view.url(sort=turned if is_turned else sort), direction)


def filters(
    projects: Sequence[Option], members: Sequence[Option], counts: Sequence[StatusCount]
) -> list[tuple[str, str, Choices]]:
    """Name, label and options of each filter; statuses of other programs are among them."""
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
    ]
