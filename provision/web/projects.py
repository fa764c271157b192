"""Projects: the list, a project's own page, and the forms that make, change and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, request

from provision.tenant.queries import projects as queries
from provision.web.answer.htmx import htmx
from provision.web.dashboard.panels import statuses
from provision.web.project_cards import project as shown
from provision.web.request import workspace
from provision.web.rows.noun_pages import NounPages
from provision.web.rows.row_view import Head
from provision.web.tasks import listing
from provision.web.tasks.cards import columns, hidden_statuses
from provision.web.tasks.drawing import board_cards, drawn
from provision.web.tasks.view import of_project

if TYPE_CHECKING:
    from datetime import date

bp = Blueprint("projects", __name__, url_prefix="/projects")

# The rest of a column is on the board of all tasks, to which it links.
_CARDS_A_COLUMN: Final = 20


def _detail(row_id: str, today: date) -> dict[str, Any]:
    """Read what the page of a project shows: its state, money, people and tasks."""
    page = workspace.read(
        queries.detail_page, row_id=row_id, today=today, shell=not htmx, limit=_CARDS_A_COLUMN
    )
    view = of_project(row_id, request.args)
    listed = {} if view.is_board else listing.of_project(view, today)
    return listed | {
        "shell": page.shell,
        "project": shown(page.project, today),
        "statuses": statuses(page.counts),
        "view": view,
        "columns": columns(board_cards(page.tasks, today), page.counts, view),
        "total": page.project.tasks_total,
        "hidden": hidden_statuses(page.counts),
        "drawn": drawn(),
        "people": page.people,
    }


NounPages(
    queries.PROJECTS,
    word="project",
    rows="projects",
    sort="-created_at",
    filters=("status", "priority", "q"),
    heads=(
        Head("Project", "name", "col-name"),
        Head("Status", "status", "col-status"),
        Head("Priority", "-priority", "col-priority"),
        Head("Tasks done", "", "col-tasks"),
        Head("Due", "due_date", "col-due"),
        Head("Spent, mark at 100 %", "-spent", "col-spent"),
        Head("Budget", "-budget", "col-budget number"),
        Head("Left", "", "col-left number"),
    ),
    shown=shown,
    detail=_detail,
    made="Project {} is made.",
    saved="Project {} is saved.",
    deleted="Project {} and its tasks are deleted.",
    opens_new=True,
    edited=("project_name", "project_words", "project_money", "project_due"),
).declare(bp)
