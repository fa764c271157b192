"""Tasks: rows for the JSON API; board, list and a page of their own for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, Select, case, func, literal_column, select

from provision.errors import TaskNotFoundError
from provision.nouns.tasks import TASK
from provision.tenant.queries import board, options
from provision.tenant.queries.rows import Option, StatusCount, TaskCard, TaskDetail
from provision.tenant.queries.statements import (
    ALL_TASKS,
    ID,
    Collection,
    Shell,
    TaskFilters,
    alphabetical,
    assignee_name,
    bundle,
    gather,
    is_open,
    meaning,
    own_rows,
    paging,
    project_name,
    rank,
    read_shell,
    shell_part,
    task_columns,
)
from provision.tenant.queries.statements.paging import Place
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, FromClause

    from provision.tenant.connection.decoding import Texts


def _row(source: FromClause) -> Select[Any]:
    return select(*task_columns(source))


def _detail(source: FromClause) -> Select[Any]:
    return select(*task_columns(source), project_name(source), assignee_name(source))


_NEVER: ColumnElement[date] = literal_column("'infinity'::date", Date)

TASKS = Collection(
    noun=TASK,
    table=tasks,
    not_found=TaskNotFoundError,
    filters=TaskFilters,
    sorts={
        "created_at": tasks.c.created_at,
        "updated_at": tasks.c.updated_at,
        "completed_at": tasks.c.completed_at,
        "title": alphabetical(tasks.c.title),
        "due_date": tasks.c.due_date,
        "priority": meaning(tasks.c.priority, *TASK.labels("priority")),
        "status": meaning(tasks.c.status, *TASK.labels("status")),
        "position": rank(tasks),
        "project": alphabetical(project_name(tasks)),
        "assignee": alphabetical(assignee_name(tasks)),
        # When it is due, what has no date behind that, and what is done last of all.
        "agenda": case((is_open(tasks), func.coalesce(tasks.c.due_date, _NEVER))),
    },
    row=_row,
    card=_detail,
    line=board.card,
    card_type=TaskDetail,
    line_type=TaskCard,
    references={"project_id": projects, "assignee_id": team_members},
    unknown={
        "project_id": "There is no such project.",
        "assignee_id": "There is no such team member.",
    },
    # At the end of its column where nothing else is said.
    beside={"position": None},
)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """`tasks` are at most `limit` of each status, in the board's order; `counts` are of all.

    `in_all` is how many there are without any filter.
    """

    shell: Shell | None
    tasks: Texts[TaskCard]
    counts: tuple[StatusCount, ...]
    in_all: int
    projects: tuple[Option, ...]
    members: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class TaskListPage:
    """`counts` are of all tasks that the filters leave, not of this page; `in_all` as above."""

    shell: Shell | None
    tasks: Texts[TaskCard]
    next_cursor: str | None
    counts: tuple[StatusCount, ...]
    in_all: int
    projects: tuple[Option, ...]
    members: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands around a board or list: `counts` and `in_all` as above."""

    shell: Shell | None
    counts: tuple[StatusCount, ...]
    in_all: int


@dataclass(frozen=True, slots=True)
class TaskPage:
    shell: Shell | None
    task: TaskDetail
    projects: tuple[Option, ...]
    members: tuple[Option, ...]


def board_page(
    conn: Connection,
    owner_id: str,
    *,
    today: date,
    shell: bool,
    filters: TaskFilters = ALL_TASKS,
    limit: int = 50,
    offset: int = 0,
) -> BoardPage:
    """Return the board; with a status as filter, `offset` gives the next cards of its column."""
    parameters = {
        "owner_id": owner_id,
        "today": today,
        "limit": limit,
        "offset": offset,
        **filters.parameters(conn),
    }
    parts = gather(conn, _board_page(filters.names(), shell), parameters)
    choices = options.read(parts)
    return BoardPage(
        read_shell(parts),
        parts.texts("tasks", TaskCard),
        counts := parts.rows("counts", StatusCount),
        board.in_all(parts, counts),
        choices.projects,
        choices.members,
    )


def list_page_with_counts(
    conn: Connection,
    owner_id: str,
    *,
    today: date,
    shell: bool,
    filters: TaskFilters = ALL_TASKS,
    sort: str = "due_date",
    limit: int = 100,
    cursor: str | None = None,
) -> TaskListPage:
    place = Place(TASKS, sort, filters, limit, cursor, paging.MOST_PRINTED)
    statement = _list_page(place.lines(), filters.names(), shell)
    parameters = place.parameters(conn, owner_id) | {"today": today}
    parts = paging.fetch(place, lambda: gather(conn, statement, parameters))
    shown, next_cursor = TASKS.cut_texts(place, parts["rows"])
    choices = options.read(parts)
    return TaskListPage(
        read_shell(parts),
        shown,
        next_cursor,
        counts := parts.rows("counts", StatusCount),
        board.in_all(parts, counts),
        choices.projects,
        choices.members,
    )


def beside(
    conn: Connection, owner_id: str, *, today: date, filters: TaskFilters = ALL_TASKS
) -> Beside:
    """Return the shell, and how many tasks the filters leave."""
    parameters = {"owner_id": owner_id, "today": today, **filters.parameters(conn)}
    parts = gather(conn, _beside(filters.names()), parameters)
    counts = parts.rows("counts", StatusCount)
    return Beside(read_shell(parts), counts, board.in_all(parts, counts))


def detail_page(
    conn: Connection, owner_id: str, *, row_id: str, today: date, shell: bool
) -> TaskPage:
    """Return a task's own page. Raise TaskNotFoundError."""
    parameters = {"owner_id": owner_id, "row_id": row_id, "today": today}
    parts = gather(conn, _detail_page(shell), parameters)
    found = parts.rows("task", TaskDetail)
    if not found:
        raise TaskNotFoundError
    choices = options.read(parts)
    return TaskPage(read_shell(parts), found[0], choices.projects, choices.members)


@lru_cache(maxsize=256)
def _board_page(names: tuple[str, ...], shell: bool) -> Select[Any]:
    return bundle(
        tasks=board.cards(names),
        counts=board.counts(names),
        **board.everything(names),
        projects=options.PROJECTS,
        members=options.MEMBERS,
        **shell_part(shell),
    )


@lru_cache(maxsize=256)
def _list_page(rows: Select[Any], names: tuple[str, ...], shell: bool) -> Select[Any]:
    return bundle(
        rows=rows,
        counts=board.counts(names),
        **board.everything(names),
        projects=options.PROJECTS,
        members=options.MEMBERS,
        **shell_part(shell),
    )


@lru_cache(maxsize=256)
def _beside(names: tuple[str, ...]) -> Select[Any]:
    return bundle(counts=board.counts(names), **board.everything(names), **shell_part(True))


@lru_cache
def _detail_page(shell: bool) -> Select[Any]:
    return bundle(
        task=_detail(own_rows(tasks).where(tasks.c.id == ID).subquery("found")),
        projects=options.PROJECTS,
        members=options.MEMBERS,
        **shell_part(shell),
    )
