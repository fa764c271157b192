"""The dashboard: the state of a workspace on one page, from one round trip to its database."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from provision.tenant.queries import shell
from provision.tenant.queries.dashboard import overview
from provision.web import dashboard_panels as panels
from provision.web import filters, workspace
from provision.web.htmx import htmx
from provision.web.partials import respond

bp = Blueprint("dashboard", __name__, url_prefix="/dashboard")


@bp.get("")
def page() -> Response:
    """Figures, the week, money, tasks, people and what changed; three first steps for a newcomer.

    Somebody without any task is a newcomer until there is more than one project to look at.
    """
    today = filters.today()
    seen = workspace.read(overview, today=today, shell=True)  # noqa: S604  # the page's, not a process's
    projects = seen.shell.projects if seen.shell else 0
    people = seen.shell.team_members if seen.shell else 0
    if not seen.figures.tasks and projects <= 1:
        return respond(
            "dashboard/newcomer.html",
            shell=seen.shell,
            today=today,
            projects=projects,
            people=people,
            next_step=1 if not projects else 2 if not people else 3,
            week=panels.week(seen, today),
        )
    changes = panels.changes(seen, today)
    return respond(
        "dashboard/page.html",
        shell=seen.shell,
        today=today,
        figures=panels.figures(seen),
        week=panels.week(seen, today),
        money=panels.money_lines(seen, today),
        money_total=panels.money_total(seen),
        statuses=panels.statuses(seen.statuses),
        tasks=seen.figures.tasks,
        done_by_week=panels.done_by_week(seen),
        workload=panels.workload(seen),
        changes=changes,
        is_all_today=all(":" in each.when for each in changes),
    )


@bp.get("/side-lists")
def side_lists() -> Response:
    """The sidebar's numbers and projects, fetched anew when a write has changed them."""
    return respond(
        "shell.html",
        "side_lists",
        shell=workspace.read(shell.frame, today=filters.today()),
        active=request.args.get("active", ""),
        here=urlsplit(htmx.current_url).path,
    )
