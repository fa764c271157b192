"""The dashboard: the state of a workspace on one page, from one round trip to its database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from provision.tenant.queries import tasks
from provision.tenant.queries.dashboard import WEEKS, overview
from provision.tenant.queries.statements import shell
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import respond
from provision.web.answer.urls import safe_next
from provision.web.dashboard import panels
from provision.web.format import dates
from provision.web.request import workspace
from provision.web.tasks import listing
from provision.web.tasks import view as task_view

if TYPE_CHECKING:
    from datetime import date, datetime

    from provision.tenant.queries.statements import Shell

bp = Blueprint("dashboard", __name__, url_prefix="/dashboard")

_PAGE: Final = "dashboard/page.html"
PANELS: Final = ("figures", "week", "money", "statuses", "done_by_week", "workload", "changes")


@bp.get("")
def page() -> Response:
    """Show the dashboard; `?panel` asks for one of its panels again.

    A person without a task and with one project at most sees three first steps instead.
    """
    today = dates.today()
    weeks = _weeks(today)
    panel = request.args.get("panel")
    if htmx and panel in PANELS:
        seen = workspace.read(overview, today=today, weeks=weeks, shell=False, panel=panel)
        return respond(_PAGE, f"{panel}_panel", **panels.panels(seen, today)[panel])
    seen = workspace.read(overview, today=today, weeks=weeks, shell=True)  # noqa: S604  # the page's, not a process's
    projects = seen.shell.projects if seen.shell else 0
    people = seen.shell.team_members if seen.shell else 0
    if not seen.figures.tasks and projects <= 1:
        return respond(
            "dashboard/newcomer.html",
            "dashboard_page",
            shell=seen.shell,
            today=today,
            projects=projects,
            people=people,
            next_step=1 if not projects else 2 if not people else 3,
            week=panels.week(seen, today),
        )
    shown: dict[str, Any] = {"shell": seen.shell, "today": today}
    for context in panels.panels(seen, today).values():
        shown |= context
    return respond(_PAGE, "dashboard_page", **shown)


def _weeks(today: date) -> list[tuple[date, datetime]]:
    """Return the first days of the weeks shown, this week last, and of the next one."""
    this = dates.week_start(today)
    days = [this + timedelta(weeks=number) for number in range(1 - WEEKS, 2)]
    return [(day, dates.stored_midnight(day)) for day in days]


@bp.get("/side-lists")
def side_lists() -> Response:
    """Show the numbers and projects of the sidebar, which a page asks for again after a write.

    On a board or list of tasks, its totals come along.
    """
    today, view = dates.today(), task_view.behind()
    if view is None or view.is_of_project:
        return _side_lists(workspace.read(shell.frame, today=today))
    seen = workspace.read(tasks.beside, today=today, filters=view.filters())
    return listing.with_totals(_side_lists(seen.shell), view, seen)


def _side_lists(lists: Shell | None) -> Response:
    return respond(
        "shell.html",
        "side_lists",
        shell=lists,
        active=request.args.get("active", ""),
        here=safe_next(urlsplit(htmx.current_url).path) or "/",
    )
