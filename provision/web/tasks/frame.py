"""What all answers about tasks have in common: the view, the open panel, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import current_app
from markupsafe import Markup

from provision.nouns.tasks import STATUSES
from provision.web.answer.htmx import htmx
from provision.web.tasks import view as task_view
from provision.web.tasks.view import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provision.web.format.dates import Due
    from provision.web.tasks.changes import CardChange
    from provision.web.tasks.panel import Panel
    from provision.web.tasks.quick_line import LineReading
    from provision.web.tasks.view import TaskView

LIST: Final = "tasks/list.html"
DETAIL: Final = "tasks/detail.html"


class Drawings(dict[Any, Markup]):
    """The HTML that a macro draws of each value. It is drawn at the first look-up and kept."""

    def __init__(self, draw: Callable[[Any], Markup]) -> None:
        self._draw = draw

    def __missing__(self, thing: Any) -> Markup:
        self[thing] = drawing = self._draw(thing)
        return drawing


@dataclass(frozen=True, slots=True)
class Drawn:
    """The parts of cards. In one answer, each is drawn once for each value."""

    avatar: Drawings
    due: Drawings
    icon: Drawings
    priority: Drawings
    status: Drawings


class QuickLine(NamedTuple):
    """The line that adds a task: as typed, what is wrong, how it is read, and the task's fields."""

    typed: str = ""
    errors: Sequence[str] = ()
    reading: LineReading | None = None
    values: Mapping[str, str] = MappingProxyType({})


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
        "panel": panel,
        "change": change,
        "statuses": STATUSES,
        "priorities": PRIORITIES,
        "drawn": drawn(),
    }


def drawn() -> Drawn:
    """Return the empty store for the card parts of one answer."""
    ui: Any = current_app.jinja_env.globals["ui"]

    def due(day: Due) -> Markup:
        drawing: Markup = ui.due(day.iso, day.text, day.days_late, day.is_today)
        return drawing

    def status(name: str | None) -> Markup:
        drawing: Markup = ui.status("task", name)
        return drawing

    return Drawn(
        avatar=Drawings(ui.avatar),
        due=Drawings(due),
        icon=Drawings(ui.icon),
        priority=Drawings(ui.priority),
        status=Drawings(status),
    )
