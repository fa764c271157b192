"""Projects: rows for the JSON API, cards and a page of their own for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Text, func, select, true

from provision.errors import ProjectNotFoundError
from provision.tenant.queries import board, options, paging, writing
from provision.tenant.queries import shell as frame
from provision.tenant.queries.bundle import bundle, decode, gather
from provision.tenant.queries.columns import (
    ID,
    count_where,
    is_late,
    is_open,
    meaning,
    own,
    own_rows,
    project_columns,
)
from provision.tenant.queries.filters import ALL_PROJECTS, ProjectFilters, TaskFilters
from provision.tenant.queries.paging import JsonPage, Keyed, Listing, Place
from provision.tenant.rows import (
    Option,
    ProjectCard,
    ProjectPerson,
    Shell,
    StatusCount,
    TaskCard,
)
from provision.tenant.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection, FromClause


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


_NOUN = writing.Noun(
    table=projects,
    not_found=ProjectNotFoundError,
    defaults={
        "name": None,
        "description": None,
        "budget": None,
        "spent": 0,
        "status": "planning",
        "priority": "medium",
        "due_date": None,
    },
    row=_row,
    card=_card,
)

_LISTING = Listing(
    table=projects,
    sorts={
        "created_at": projects.c.created_at,
        "updated_at": projects.c.updated_at,
        "name": func.lower(projects.c.name, type_=Text),
        "due_date": projects.c.due_date,
        "priority": meaning(projects.c.priority, "low", "medium", "high", "urgent"),
        "status": meaning(
            projects.c.status, "planning", "active", "on_hold", "completed", "cancelled"
        ),
        "budget": projects.c.budget,
        "spent": projects.c.spent,
    },
    shapes={"row": _row, "card": _card},
)

SORTS = frozenset(_LISTING.sorts)


@dataclass(frozen=True, slots=True)
class ProjectListPage:
    shell: Shell | None
    projects: tuple[ProjectCard, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """A project with its board: at most `limit` tasks of each status, all of them counted."""

    shell: Shell | None
    project: ProjectCard
    tasks: tuple[TaskCard, ...]
    counts: tuple[StatusCount, ...]
    people: tuple[ProjectPerson, ...]
    projects: tuple[Option, ...]
    members: tuple[Option, ...]


def page(
    conn: Connection,
    *,
    owner_id: str,
    filters: ProjectFilters = ALL_PROJECTS,
    sort: str = "-created_at",
    limit: int = 50,
    cursor: str | None = None,
) -> JsonPage:
    return paging.json_page(conn, Place(_LISTING, sort, filters, limit, cursor), owner_id)


def get(conn: Connection, *, owner_id: str, row_id: str, today: date | None = None) -> str:
    return writing.get(_NOUN, conn, writing.Aim(owner_id, row_id, today=today))


def create(
    conn: Connection, *, owner_id: str, values: Mapping[str, Any], today: date | None = None
) -> str:
    return writing.create(_NOUN, conn, owner_id, values, today)


def update(
    conn: Connection,
    *,
    owner_id: str,
    row_id: str,
    values: Mapping[str, Any],
    version: str | None = None,
    today: date | None = None,
) -> str:
    return writing.change(_NOUN, conn, writing.Aim(owner_id, row_id, version, today), values)


def delete(conn: Connection, *, owner_id: str, row_id: str, version: str | None = None) -> None:
    """Its tasks go with it."""
    writing.remove(_NOUN, conn, writing.Aim(owner_id, row_id, version))


def list_page(
    conn: Connection,
    *,
    owner_id: str,
    today: date,
    shell: bool,
    filters: ProjectFilters = ALL_PROJECTS,
    sort: str = "-created_at",
    limit: int = 50,
    cursor: str | None = None,
) -> ProjectListPage:
    place = Place(_LISTING, sort, filters, limit, cursor)
    statement = _list_page(place.statement("card"), shell)
    parameters = place.parameters(owner_id) | {"today": today}
    texts = paging.fetch(place, lambda: gather(conn, statement, parameters))
    cards = decode(texts["rows"], tuple[Keyed[ProjectCard], ...])
    shown, next_cursor = place.cut(cards)
    return ProjectListPage(frame.read(texts), shown, next_cursor)


def detail_page(
    conn: Connection, *, owner_id: str, row_id: str, today: date, shell: bool, limit: int = 50
) -> ProjectPage:
    """Raises ProjectNotFoundError."""
    parameters = {
        "owner_id": owner_id,
        "row_id": row_id,
        "today": today,
        "limit": limit,
        "offset": 0,
        **TaskFilters(project_id=row_id).parameters(),
    }
    texts = gather(conn, _detail_page(shell), parameters)
    found = decode(texts["project"], tuple[ProjectCard, ...])
    if not found:
        raise ProjectNotFoundError
    choices = options.read(texts)
    return ProjectPage(
        frame.read(texts),
        found[0],
        decode(texts["tasks"], tuple[TaskCard, ...]),
        decode(texts["counts"], tuple[StatusCount, ...]),
        decode(texts["people"], tuple[ProjectPerson, ...]),
        choices.projects,
        choices.members,
    )


@lru_cache(maxsize=256)
def _list_page(rows: Select[Any], shell: bool) -> Select[Any]:
    return bundle(rows=rows, **frame.part(shell))


@lru_cache
def _detail_page(shell: bool) -> Select[Any]:
    names = TaskFilters(project_id="").names()
    open_tasks = count_where(is_open(tasks)).label("open_tasks")
    people = (
        select(team_members.c.id, team_members.c.name, open_tasks)
        .join(tasks, tasks.c.assignee_id == team_members.c.id)
        .where(tasks.c.project_id == ID, own(tasks), own(team_members))
        .group_by(team_members.c.id, team_members.c.name)
        .order_by(open_tasks.desc(), func.lower(team_members.c.name), team_members.c.id)
    )
    return bundle(
        project=_card(own_rows(projects).where(projects.c.id == ID).subquery("found")),
        tasks=board.cards(names),
        counts=board.counts(names),
        people=people,
        projects=options.PROJECTS,
        members=options.MEMBERS,
        **frame.part(shell),
    )
