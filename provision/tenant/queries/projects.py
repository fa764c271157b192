"""Projects: rows for the JSON API, cards and a page of their own for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select, true

from provision.errors import ProjectNotFoundError
from provision.nouns.projects import PROJECT
from provision.tenant.queries import board, options
from provision.tenant.queries.rows import Option, ProjectCard, ProjectPerson, StatusCount, TaskCard
from provision.tenant.queries.statements import (
    ID,
    Collection,
    ProjectFilters,
    Shell,
    TaskFilters,
    alphabetical,
    bundle,
    count_where,
    gather,
    is_late,
    is_open,
    meaning,
    own,
    own_rows,
    project_columns,
    read_shell,
    shell_part,
)
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, FromClause

    from provision.tenant.connection.decoding import Texts


def _row(source: FromClause) -> Select[Any]:
    return select(*project_columns(source))


def _card(source: FromClause) -> Select[Any]:
    progress = (
        select(
            func.count().label("tasks_total"),
            count_where(~is_open(tasks)).label("tasks_done"),
            count_where(is_late(tasks)).label("tasks_late"),
        )
        .where(tasks.c.project_id == source.c.id, own(tasks))
        .lateral("progress")
    )
    return select(*project_columns(source), *progress.c).select_from(source.join(progress, true()))


PROJECTS = Collection(
    noun=PROJECT,
    table=projects,
    not_found=ProjectNotFoundError,
    filters=ProjectFilters,
    sorts={
        "created_at": projects.c.created_at,
        "updated_at": projects.c.updated_at,
        "name": alphabetical(projects.c.name),
        "due_date": projects.c.due_date,
        "priority": meaning(projects.c.priority, *PROJECT.labels("priority")),
        "status": meaning(projects.c.status, *PROJECT.labels("status")),
        "budget": projects.c.budget,
        "spent": projects.c.spent,
    },
    row=_row,
    card=_card,
    line=_card,
    card_type=ProjectCard,
    line_type=ProjectCard,
)


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """A project with its board: at most `limit` tasks of each status, all of them counted."""

    shell: Shell | None
    project: ProjectCard
    tasks: Texts[TaskCard]
    counts: tuple[StatusCount, ...]
    people: tuple[ProjectPerson, ...]
    projects: tuple[Option, ...]
    members: tuple[Option, ...]


def detail_page(
    conn: Connection, owner_id: str, *, row_id: str, today: date, shell: bool, limit: int = 50
) -> ProjectPage:
    """Return a project's own page. Raise ProjectNotFoundError."""
    parameters = {
        "owner_id": owner_id,
        "row_id": row_id,
        "today": today,
        "limit": limit,
        "offset": 0,
        **TaskFilters(project_id=row_id).parameters(conn),
    }
    parts = gather(conn, _detail_page(shell), parameters)
    found = parts.rows("project", ProjectCard)
    if not found:
        raise ProjectNotFoundError
    choices = options.read(parts)
    return ProjectPage(
        read_shell(parts),
        found[0],
        parts.texts("tasks", TaskCard),
        parts.rows("counts", StatusCount),
        parts.rows("people", ProjectPerson),
        choices.projects,
        choices.members,
    )


@lru_cache
def _detail_page(shell: bool) -> Select[Any]:
    names = TaskFilters(project_id="").names()
    open_tasks = count_where(is_open(tasks)).label("open_tasks")
    people = (
        select(team_members.c.id, team_members.c.name, open_tasks)
        .join(tasks, tasks.c.assignee_id == team_members.c.id)
        .where(tasks.c.project_id == ID, own(tasks), own(team_members))
        .group_by(team_members.c.id, team_members.c.name)
        .order_by(open_tasks.desc(), alphabetical(team_members.c.name), team_members.c.id)
    )
    return bundle(
        project=_card(own_rows(projects).where(projects.c.id == ID).subquery("found")),
        tasks=board.cards(names),
        counts=board.counts(names),
        people=people,
        projects=options.PROJECTS,
        members=options.MEMBERS,
        **shell_part(shell),
    )
