"""What all answers about tasks have in common: the view, the open panel, and what changed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provision.nouns.tasks import STATUSES
from provision.web.answer.htmx import htmx
from provision.web.tasks import view as task_view
from provision.web.tasks.drawing import drawn
from provision.web.tasks.view import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.web.tasks.changes import CardChange
    from provision.web.tasks.panel import Panel
    from provision.web.tasks.quick.line import LineReading
    from provision.web.tasks.quick_many import Many
    from provision.web.tasks.view import TaskView

LIST: Final = "tasks/list.html"
DETAIL: Final = "tasks/detail.html"


class QuickLine(NamedTuple):
    """The line that adds a task: as typed, what is wrong, how it is read, and the task's fields.

    `many` is how several lines are read.
    """

    typed: str = ""
    errors: Sequence[str] = ()
    reading: LineReading | None = None
    values: Mapping[str, str] = MappingProxyType({})
    many: Many | None = None


NO_LINE: Final = QuickLine()


def frame(
    view: TaskView,
    *,
    quick: QuickLine = NO_LINE,
    panel: Panel | None = None,
    change: CardChange | None = None,
) -> dict[str, Any]:
    """Return what the templates need for the forms around a board or list."""
    return {
        "view": view,
        # Whether the counts of the columns stand on the page that the forms are for.
        "has_counts": view.is_board and (not htmx or task_view.behind() is not None),
        "presets": view.presets(),
        "quick_typed": quick.typed,
        "quick_errors": quick.errors,
        "reading": quick.reading,
        "reading_values": quick.values,
        "many": quick.many,
        "panel": panel,
        "change": change,
        "statuses": STATUSES,
        "priorities": PRIORITIES,
        "drawn": drawn(),
    }
