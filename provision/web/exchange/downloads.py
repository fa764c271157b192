"""Files to take along: a filtered list as CSV or JSON, and the workspace as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from flask import Response, request, url_for

from provision.errors import NotFoundError
from provision.tenant import workspace_file
from provision.tenant.queries import leaving
from provision.tenant.queries.bundle import decode
from provision.tenant.queries.filters import ProjectFilters, TeamFilters
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from provision.tenant.rows import Project, TaskDetail, TeamMember
from provision.web import filters, task_view, workspace
from provision.web.exchange import csv_text
from provision.web.exchange.blueprint import bp, note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provision.tenant.queries.collection import Collection
    from provision.tenant.queries.filters import Filters
    from provision.tenant.rows import Row


@dataclass(frozen=True, slots=True)
class _List:
    """`heads` are the columns of the CSV; the ids stand last, for other programs."""

    of: Collection[Any, Any]
    row: type[Row]
    heads: Sequence[str]
    filters: Callable[[], Filters]
    usual: str
    """The order where the address asks for none."""


def _given(*names: str) -> dict[str, Any]:
    return {name: request.args.get(name) or None for name in names}


_LISTS: Final[Mapping[str, _List]] = {
    "tasks": _List(
        TASKS,
        TaskDetail,
        ("title", "description", "status", "priority", "due_date", "project_name",
         "assignee_name", "created_at", "updated_at", "completed_at", "id"),
        lambda: task_view.asked().filters(),
        "agenda",
    ),
    "projects": _List(
        PROJECTS,
        Project,
        ("name", "description", "status", "priority", "budget", "spent", "due_date",
         "created_at", "updated_at", "id"),
        lambda: ProjectFilters(**_given("status", "priority", "q")),
        "-created_at",
    ),
    "team": _List(
        TEAM,
        TeamMember,
        ("name", "email", "role", "workload", "status", "created_at", "id"),
        lambda: TeamFilters(**_given("status", "q")),
        "name",
    ),
}  # fmt: skip


def address(noun: str, kind: str) -> str:
    """Where the list on the present page is to be had as a file, filtered as it is there."""
    asked = request.query_string.decode("ascii", "replace")
    path = url_for("exchange.lists", noun=noun, kind=kind)
    return f"{path}?{asked}" if asked else path


@bp.get("/exports/<noun>.<kind>")
def lists(noun: str, kind: str) -> Response:
    """All that the filters in the address leave, in the order it asks for."""
    if noun not in _LISTS or kind not in ("csv", "json"):
        raise NotFoundError
    wanted = _LISTS[noun]
    sort = request.args.get("sort", "")
    text = workspace.read(
        leaving.rows,
        of=wanted.of,
        filters=wanted.filters(),
        sort=sort if sort.removeprefix("-") in wanted.of.sorts else wanted.usual,
    )
    found = decode(text, list[wanted.row])  # type: ignore[name-defined]
    note("exported", what=noun, format=kind, rows=len(found))
    if kind == "json":
        return _file(f'{{"{wanted.of.table.name}": {text}}}\n', f"provision-{noun}", "json")
    lines = csv_text.lines(
        wanted.heads, ([_cell(getattr(row, head)) for head in wanted.heads] for row in found)
    )
    return _file(lines, f"provision-{noun}", "csv")


@bp.get("/exports/workspace.json.gz")
def whole() -> Response:
    """Everything in the workspace, in the form that can be imported again."""
    found = workspace.read(leaving.workspace)
    shown = workspace.shown()
    name = shown.name if shown else ""
    content = workspace_file.write(found, name=name, now=datetime.now(UTC))
    note("exported", what="workspace", format="json.gz", bytes=len(content))
    return _file(content, "provision-workspace", "json.gz")


def _cell(value: object) -> str:
    return "" if value is None else str(value)


_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "json.gz": "application/gzip",
}


def _file(content: Any, name: str, ending: str) -> Response:
    """An attachment with the day in its name."""
    response = Response(content, content_type=_TYPES[ending])
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{name}-{filters.today().isoformat()}.{ending}"'
    )
    return response
