"""The controls around a board or list of tasks: its filters, and the headings that sort it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from provision.nouns.tasks import STATUSES
from provision.web.format.filters import short_day
from provision.web.tasks import due_range
from provision.web.tasks.view import AGENDA, NOBODY, NOT_DONE, PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provision.tenant.queries.rows import Option, StatusCount
    from provision.web.tasks.view import TaskView

Choices: TypeAlias = "list[tuple[str, str]]"

_ANY: Final = ("", "Any")


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading; `url` sorts by it, `direction` is how the list is sorted by it now.

    `kind` says as a class how wide it is and on which screens it has room.
    """

    title: str
    kind: str
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, and the address without it."""

    label: str
    text: str
    off: str


@dataclass(frozen=True, slots=True)
class Question:
    """Why nothing was done, and what to send again where that would do it: its form's fields."""

    text: str
    button: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def heads(view: TaskView) -> list[Head]:
    """The headings of the list."""
    return [
        _head(view, "Title", "title", "head-title"),
        _head(view, "Status", "status", "head-status"),
        _head(view, "Project", "project", "head-project wide-only"),
        _head(view, "Priority", "-priority", "head-priority wide-only"),
        _head(view, "Assignee", "assignee", "head-assignee wide-only"),
        _head(view, "Due", AGENDA, "head-due"),
        _head(view, "Changed", "-updated_at", "head-changed wide-only roomy-only number"),
    ]


def _head(view: TaskView, title: str, sort: str, kind: str) -> Head:
    """A heading that sorts by `sort`, or the other way round where that is the order already."""
    # The agenda turned round would begin with what is done; by date alone there is no such thing.
    both = ("agenda", "-due_date") if sort == AGENDA else (sort, _turned(sort))
    present = view.sort if view.sort in both else ""
    direction = ""
    if present:
        direction = "descending" if present.startswith("-") else "ascending"
    following = both[1] if present == both[0] else both[0]
    return Head(title, kind, view.url(sort=following), direction)


def _turned(sort: str) -> str:
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"


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
        ("due", "Due", [_ANY, *due_range.NAMES.items()]),
    ]


def chips(view: TaskView, choices: list[tuple[str, str, Choices]]) -> Iterator[Chip]:
    """The filters that are on."""
    for name, label, options in choices:
        if value := getattr(view, name):
            yield Chip(label, dict(options).get(value, value), view.url(**{name: ""}))
    for name, label in (("due_after", "Due after"), ("due_before", "Due before")):
        if value := getattr(view, name):
            yield Chip(label, short_day(value), view.url(**{name: ""}))
    if view.q:
        yield Chip("Find", view.q, view.url(q=""))
