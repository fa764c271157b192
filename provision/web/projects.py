"""Projects: the list, a project's own page, and the forms that make, change and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from provision.tenant.queries import projects as queries
from provision.web import workspace
from provision.web.htmx import htmx
from provision.web.noun_pages import NounPages
from provision.web.project_cards import project as shown
from provision.web.task_lines import task_line

if TYPE_CHECKING:
    from datetime import date

bp = Blueprint("projects", __name__, url_prefix="/projects")


def _detail(row_id: str, today: date) -> dict[str, Any]:
    """How far a project is, its money, its people and its tasks."""
    page = workspace.read(queries.detail_page, row_id=row_id, today=today, shell=not htmx)
    lines = (task_line(row, today) for row in page.tasks)
    return {
        "shell": page.shell,
        "project": shown(page.project, today),
        # What is open first; the query gives each status in the order of its board column.
        "tasks": sorted(lines, key=lambda task: task.is_done),
        "people": page.people,
    }


NounPages(
    queries.PROJECTS,
    word="project",
    rows="projects",
    sort="-created_at",
    filters=("status", "priority", "q"),
    shown=shown,
    detail=_detail,
    made="Project {} is made.",
    saved="Project {} is saved.",
    deleted="The project and its tasks are deleted.",
    opens_new=True,
).register(bp)
