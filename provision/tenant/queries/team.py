"""Team members: rows for the JSON API; cards with what each is on, and a page for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, case, func, literal_column, select, true

from provision.errors import TeamMemberNotFoundError
from provision.nouns.team import TEAM_MEMBER
from provision.tenant.queries import board
from provision.tenant.queries.rows import TaskCard, TeamCard
from provision.tenant.queries.statements import (
    ID,
    Collection,
    Shell,
    TeamFilters,
    alphabetical,
    bundle,
    count_where,
    gather,
    is_late,
    is_open,
    json_rows,
    meaning,
    member_columns,
    own,
    own_rows,
    rank,
    read_shell,
    shell_part,
)
from provision.tenant.schema.tables import tasks, team_members

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, FromClause

_NEXT_TASKS = 5
_TASKS_OF_MEMBER = 100


def _row(source: FromClause) -> Select[Any]:
    return select(*member_columns(source))


def _card(source: FromClause) -> Select[Any]:
    theirs = (tasks.c.assignee_id == source.c.id, own(tasks))
    load = (
        select(
            func.count().label("all_tasks"),
            count_where(is_open(tasks)).label("open_tasks"),
            count_where(is_late(tasks)).label("late_tasks"),
        )
        .where(*theirs)
        .lateral("load")
    )
    soonest = (
        select(tasks.c.id, tasks.c.title, tasks.c.status, tasks.c.due_date)
        .where(*theirs, is_open(tasks))
        .order_by(tasks.c.due_date.asc().nulls_last(), rank(tasks).asc().nulls_last(), tasks.c.id)
        .limit(_NEXT_TASKS)
        .correlate(source)
        .subquery("soonest")
    )
    next_tasks = select(json_rows(soonest)).correlate(source).scalar_subquery().label("next_tasks")
    return select(*member_columns(source), *load.c, next_tasks).select_from(
        source.join(load, true())
    )


TEAM = Collection(
    noun=TEAM_MEMBER,
    table=team_members,
    not_found=TeamMemberNotFoundError,
    filters=TeamFilters,
    sorts={
        "created_at": team_members.c.created_at,
        "name": alphabetical(team_members.c.name),
        "role": alphabetical(team_members.c.role),
        "workload": team_members.c.workload,
        "status": meaning(team_members.c.status, *TEAM_MEMBER.labels("status")),
    },
    row=_row,
    card=_card,
    line=_card,
    card_type=TeamCard,
    line_type=TeamCard,
)


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A person and their tasks: open ones first, soonest due first, at most 100."""

    shell: Shell | None
    member: TeamCard
    tasks: tuple[TaskCard, ...]


def detail_page(
    conn: Connection, owner_id: str, *, row_id: str, today: date, shell: bool
) -> MemberPage:
    """Return a team member's own page. Raise TeamMemberNotFoundError."""
    parameters = {"owner_id": owner_id, "row_id": row_id, "today": today}
    parts = gather(conn, _detail_page(shell), parameters)
    found = parts.rows("member", TeamCard)
    if not found:
        raise TeamMemberNotFoundError
    return MemberPage(read_shell(parts), found[0], parts.rows("tasks", TaskCard))


@lru_cache
def _detail_page(shell: bool) -> Select[Any]:
    is_closed = case((is_open(tasks), literal_column("0")), else_=literal_column("1"))
    theirs = (
        own_rows(tasks)
        .where(tasks.c.assignee_id == ID)
        .order_by(
            is_closed,
            tasks.c.completed_at.desc().nulls_last(),
            tasks.c.due_date.asc().nulls_last(),
            rank(tasks).asc().nulls_last(),
            tasks.c.id,
        )
        .limit(_TASKS_OF_MEMBER)
        .subquery("theirs")
    )
    return bundle(
        member=_card(own_rows(team_members).where(team_members.c.id == ID).subquery("found")),
        tasks=board.card(theirs),
        **shell_part(shell),
    )
