"""What every answer about tasks is drawn from: the view, the open panel, and what changed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from flask import current_app

from provision.nouns.tasks import STATUSES
from provision.web.task_view import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.web.task_changes import Change
    from provision.web.task_panel import Panel
    from provision.web.task_view import TaskView

LIST: Final = "tasks/list.html"
DETAIL: Final = "tasks/detail.html"


def frame(
    view: TaskView,
    *,
    quick: tuple[str, Sequence[str]] = ("", ()),
    panel: Panel | None = None,
    change: Change | None = None,
) -> dict[str, Any]:
    """What the forms around a board or list are drawn from."""
    return {
        "view": view,
        "presets": view.presets(),
        "quick_typed": quick[0],
        "quick_errors": quick[1],
        "panel": panel,
        "change": change,
        "statuses": STATUSES,
        "priorities": PRIORITIES,
        "drawn": drawn(),
    }


def drawn() -> dict[str, Any]:
    """The macros that cards are made of, each drawing the same thing once in an answer only."""
    ui: Any = current_app.jinja_env.globals["ui"]
    return {
        name: cache(getattr(ui, name)) for name in ("avatar", "due", "icon", "priority", "status")
    }


def short(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"
