"""Projects: the list, a project's own page, and the forms that make, change and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request, url_for

from provision.tenant import rows
from provision.tenant.queries import projects as queries
from provision.tenant.queries.filters import ProjectFilters
from provision.web import filters, workspace
from provision.web.editing import Editor, Panel
from provision.web.forms import PROJECT
from provision.web.htmx import htmx
from provision.web.partials import done, leave_for, respond
from provision.web.project_cards import project as shown
from provision.web.project_cards import project_task

if TYPE_CHECKING:
    from uuid import UUID

bp = Blueprint("projects", __name__, url_prefix="/projects")

_LIST = "projects/list.html"
_DETAIL = "projects/detail.html"

editor = Editor(
    PROJECT,
    rows.ProjectCard,
    create_query=queries.create,
    update_query=queries.update,
    get_query=queries.get,
    new={"status": "planning", "priority": "medium", "spent": "0"},
)


@bp.get("", endpoint="list")
def listing() -> Response:
    """All projects, filtered; with `?new` the empty form above them."""
    panel = editor.empty_panel() if "new" in request.args else None
    if htmx and panel:
        return respond(_LIST, "project_panel", panel=panel)
    return _show_list(panel)


@bp.post("")
def create() -> Response:
    """Make a project."""
    made = editor.create()
    if isinstance(made, Panel):
        if htmx:
            return respond(_LIST, "project_panel", status=made.status, panel=made)
        return _show_list(made)
    return done(
        url_for(".detail", project_id=made.id),
        f"Project {made.name} is made.",
        _LIST,
        "project_panel",
        "project_added",
        panel=None,
        added=shown(made, filters.today()),
    )


@bp.get("/<uuid:project_id>")
def detail(project_id: UUID) -> Response:
    """One project: how far it is, its money, its people and its tasks; `?edit` opens the form."""
    return _show_detail(project_id)


@bp.post("/<uuid:project_id>")
def edit(project_id: UUID) -> Response:
    """Change the fields the form carries."""
    saved = editor.update(project_id)
    if isinstance(saved, Panel):
        if htmx:
            return respond(_DETAIL, "project_panel", status=saved.status, panel=saved)
        return _show_detail(project_id, saved)
    return done(
        url_for(".detail", project_id=project_id),
        f"Project {saved.name} is saved.",
        _DETAIL,
        "project_panel",
        "project_head",
        panel=None,
        project=shown(saved, filters.today()),
        moved=True,
    )


@bp.post("/<uuid:project_id>/delete")
def delete(project_id: UUID) -> Response:
    """Delete a project and its tasks."""
    workspace.write(queries.delete, row_id=str(project_id))
    return leave_for(url_for(".list"), "The project and its tasks are deleted.")


def _show_list(panel: Panel | None) -> Response:
    today = filters.today()
    wanted: dict[str, Any] = {
        name: request.args.get(name) or None for name in ("status", "priority", "q")
    }
    page = workspace.read(
        queries.list_page,
        today=today,
        shell=not htmx,
        filters=ProjectFilters(**wanted),
        cursor=request.args.get("cursor"),
    )
    return respond(
        _LIST,
        "project_list",
        status=panel.status if panel else 200,
        shell=page.shell,
        projects=[shown(row, today) for row in page.projects],
        next_cursor=page.next_cursor,
        wanted=wanted,
        is_filtered=any(wanted.values()),
        panel=panel,
        added=None,
    )


def _show_detail(project_id: UUID, panel: Panel | None = None) -> Response:
    today = filters.today()
    page = workspace.read(queries.detail_page, row_id=str(project_id), today=today, shell=not htmx)
    if panel is None and "edit" in request.args:
        panel = editor.panel_of(page.project)
    return respond(
        _DETAIL,
        "project_panel" if panel else "project_page",
        status=panel.status if panel else 200,
        shell=page.shell,
        project=shown(page.project, today),
        # What is open first; the query gives each status in the order of its board column.
        tasks=sorted(
            (project_task(row, today) for row in page.tasks), key=lambda task: task.is_done
        ),
        people=page.people,
        panel=panel,
        moved=False,
    )
