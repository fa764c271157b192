"""What every page carries around its own content: the counts and projects of the sidebar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Integer, Select, and_, cast, func, literal_column, or_, select

from provision.tenant.queries.statements.bundles import Parts, bundle, gather, json_rows
from provision.tenant.queries.statements.columns import TALLY, meaning, own
from provision.tenant.schema.tables import projects, team_members

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection

_MOST_PROJECTS = 12


class SidebarProject(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    status: str | None
    tasks_total: int
    tasks_done: int
    tasks_late: int


class Shell(Struct, frozen=True, kw_only=True):
    """What every page carries around its own content."""

    projects: int
    open_tasks: int
    team_members: int
    sidebar_projects: tuple[SidebarProject, ...]


def tallied(name: str) -> ColumnElement[int]:
    return func.coalesce(TALLY.c[name], literal_column("0", Integer))


# What is being worked on comes first; what is over with is not in the sidebar.
_BY_STATUS = meaning(projects.c.status, "active", "planning", "on_hold").asc().nulls_last()

_SIDEBAR = (
    select(
        projects.c.id,
        projects.c.name,
        projects.c.status,
        tallied("total").label("tasks_total"),
        (tallied("total") - tallied("open")).label("tasks_done"),
        tallied("late").label("tasks_late"),
    )
    .select_from(projects.outerjoin(TALLY, TALLY.c.project_id == projects.c.id))
    .where(
        own(projects),
        or_(
            projects.c.status.is_(None),
            and_(
                projects.c.status != literal_column("'completed'"),
                projects.c.status != literal_column("'cancelled'"),
            ),
        ),
    )
    .order_by(_BY_STATUS, projects.c.created_at.desc(), projects.c.id)
    .limit(_MOST_PROJECTS)
    .subquery("sidebar")
)

SHELL: Select[Any] = select(
    select(func.count())
    .select_from(projects)
    .where(own(projects))
    .scalar_subquery()
    .label("projects"),
    select(cast(func.coalesce(func.sum(TALLY.c.open), literal_column("0")), Integer))
    .scalar_subquery()
    .label("open_tasks"),
    select(func.count())
    .select_from(team_members)
    .where(own(team_members))
    .scalar_subquery()
    .label("team_members"),
    select(json_rows(_SIDEBAR)).scalar_subquery().label("sidebar_projects"),
)

_FRAME = bundle(shell=SHELL)


def shell_part(shell: bool) -> dict[str, Select[Any]]:
    """Return the part of a bundle for a page that needs the shell, none for a fragment."""
    return {"shell": SHELL} if shell else {}


def read_shell(parts: Parts) -> Shell | None:
    """Return the shell out of a bundle, where it holds one."""
    return parts.rows("shell", Shell)[0] if "shell" in parts else None


def frame(conn: Connection, owner_id: str, *, today: date) -> Shell:
    """Return the shell alone, for pages that show nothing else of the database."""
    parts = gather(conn, _FRAME, {"owner_id": owner_id, "today": today})
    return parts.rows("shell", Shell)[0]
