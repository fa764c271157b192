"""The dashboard: everything it shows, or one panel of it, in one round trip.

Weeks start on the day, and days at the moment, at which they do for the person who looks.

What was done when is known from `completed_at` alone: tasks that other programs closed, or that
were closed before the tables had that column, are counted as done but in no week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    Date,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from provision.tenant.queries import board
from provision.tenant.queries.rows import (
    DueTask,
    Figures,
    MemberLoad,
    ProjectMoney,
    RecentChange,
    Row,
    StatusCount,
    WeekCount,
)
from provision.tenant.queries.statements import (
    DONE,
    TALLY,
    TODAY,
    Parts,
    Shell,
    alphabetical,
    bundle,
    count_where,
    gather,
    is_late,
    is_open,
    meaning,
    own,
    project_name,
    read_shell,
    rfc3339,
    shell_part,
    tallied,
)
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Table

WEEKS = 8
_MOST_LATE = 12
_MOST_A_DAY = 12
_MOST_PROJECTS = 12
_MOST_MEMBERS = 12
_MOST_CHANGES = 8

_FIRST_DAY = bindparam("first_day", type_=Date)
_DAY_AFTER = bindparam("day_after", type_=Date)
# When this week, the one before, and the first of WEEKS begin, and when this one ends: in UTC.
_WEEK_FROM = bindparam("week_from", type_=TIMESTAMP)
_WEEK_BEFORE_FROM = bindparam("week_before_from", type_=TIMESTAMP)
_WEEKS_FROM = bindparam("weeks_from", type_=TIMESTAMP)
_WEEK_TO = bindparam("week_to", type_=TIMESTAMP)
_EACH_WEEK_FROM = bindparam("each_week_from", type_=ARRAY(TIMESTAMP))
_TOMORROW = bindparam("tomorrow", type_=Date)


@dataclass(frozen=True, slots=True)
class DayTasks:
    """A day of this week and what is due on it, late tasks left out; `open` counts all of them."""

    day: date
    tasks: tuple[DueTask, ...]
    open: int


@dataclass(frozen=True, slots=True)
class Overview:
    """`late` and `changes` are the first few; `week` has seven days, `done_by_week` eight weeks.

    Of an overview for one panel, what the other panels show is empty.
    """

    shell: Shell | None
    figures: Figures
    late: tuple[DueTask, ...]
    week: tuple[DayTasks, ...]
    money: tuple[ProjectMoney, ...]
    statuses: tuple[StatusCount, ...]
    done_by_week: tuple[WeekCount, ...]
    workload: tuple[MemberLoad, ...]
    changes: tuple[RecentChange, ...]


class _DoneInWeek(Row, frozen=True, kw_only=True):
    """How many tasks were done in the week of that number; the first of WEEKS is 1."""

    number: int
    tasks: int


class _DueThisWeek(DueTask, frozen=True, kw_only=True):
    open_that_day: int


def overview(
    conn: Connection,
    owner_id: str,
    *,
    today: date,
    weeks: Sequence[tuple[date, datetime]],
    shell: bool,
    panel: str | None = None,
) -> Overview:
    """Read all of it, or the figures and what else `panel` needs.

    `weeks` holds the first day of each of the last WEEKS weeks and of the next one, and when that
    day begins, in UTC without a zone.
    """
    *begun, (next_day, ends) = weeks
    first_day, begins = begun[-1]
    parameters = {
        "owner_id": owner_id,
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "first_day": first_day,
        "day_after": next_day,
        "week_from": begins,
        "week_to": ends,
        "week_before_from": begun[-2][1],
        "weeks_from": begun[0][1],
        "each_week_from": [moment for _, moment in begun],
    }
    answer = gather(conn, _overview(shell, panel), parameters)
    parts = Parts(dict.fromkeys(_PARTS, "[]") | answer)
    return Overview(
        shell=read_shell(parts),
        figures=parts.rows("figures", Figures)[0],
        late=parts.rows("late", DueTask),
        week=_days(first_day, parts.rows("week", _DueThisWeek)),
        money=parts.rows("money", ProjectMoney),
        statuses=parts.rows("statuses", StatusCount),
        done_by_week=_weeks([day for day, _ in begun], parts.rows("done_by_week", _DoneInWeek)),
        workload=parts.rows("workload", MemberLoad),
        changes=parts.rows("changes", RecentChange),
    )


def _days(first: date, found: tuple[_DueThisWeek, ...]) -> tuple[DayTasks, ...]:
    days = []
    for day in (first + timedelta(days=number) for number in range(7)):
        due = tuple(task for task in found if task.due == day)
        days.append(DayTasks(day, due, due[0].open_that_day if due else 0))
    return tuple(days)


def _weeks(firsts: Sequence[date], found: tuple[_DoneInWeek, ...]) -> tuple[WeekCount, ...]:
    done = {each.number: each.tasks for each in found}
    return tuple(
        WeekCount(week=each, tasks=done.get(number, 0)) for number, each in enumerate(firsts, 1)
    )


@lru_cache
def _overview(shell: bool, panel: str | None) -> Select[Any]:
    names = _PARTS if panel is None else {"figures", *_PARTS_OF.get(panel, (panel,))}
    return bundle(**{name: _PARTS[name]() for name in _PARTS if name in names}, **shell_part(shell))


def _done_between(first: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(tasks.c.status == DONE, tasks.c.completed_at >= first, tasks.c.completed_at < end)


def _figures() -> Select[Any]:
    c = tasks.c
    in_days_left = and_(is_open(tasks), c.due_date >= TODAY, c.due_date < _DAY_AFTER)
    # A date of -infinity is late, but by no number of days.
    datable = and_(is_late(tasks), func.isfinite(c.due_date))
    counted = (
        select(
            func.count().label("tasks"),
            count_where(is_open(tasks)).label("open"),
            func.count(c.project_id.distinct()).filter(is_open(tasks)).label("open_projects"),
            count_where(is_late(tasks)).label("overdue"),
            (TODAY - func.min(c.due_date).filter(datable)).label("oldest_overdue_days"),
            count_where(in_days_left).label("due_this_week"),
            count_where(and_(is_open(tasks), c.due_date == _TOMORROW)).label("due_tomorrow"),
            count_where(_done_between(_WEEK_FROM, _WEEK_TO)).label("done_this_week"),
            count_where(_done_between(_WEEK_BEFORE_FROM, _WEEK_FROM)).label("done_last_week"),
        )
        .where(own(tasks))
        .subquery("counted")
    )
    return select(*counted.c, _sum("budget"), _sum("spent"))


def _sum(name: str) -> ColumnElement[Any]:
    """Add up all projects that are not cancelled; one NaN would make the sum NaN."""
    amount = projects.c[name]
    return (
        select(func.coalesce(func.sum(amount), literal_column("0")))
        .where(own(projects), _is_counted(), amount != literal_column("'NaN'::numeric"))
        .scalar_subquery()
        .label(name)
    )


def _is_counted() -> ColumnElement[bool]:
    return projects.c.status.is_distinct_from(literal_column("'cancelled'", Text))


def _due_columns() -> list[ColumnElement[Any]]:
    c = tasks.c
    return [c.id, c.title, c.status, c.due_date, project_name(tasks)]


_BY_PRIORITY = meaning(tasks.c.priority, "urgent", "high", "medium", "low").asc().nulls_last()


def _late() -> Select[Any]:
    return (
        select(*_due_columns())
        .where(own(tasks), is_late(tasks))
        .order_by(tasks.c.due_date, _BY_PRIORITY, tasks.c.id)
        .limit(_MOST_LATE)
    )


def _week() -> Select[Any]:
    day = tasks.c.due_date
    order = (is_open(tasks).desc(), _BY_PRIORITY, tasks.c.id)
    placed = (
        select(
            *_due_columns(),
            count_where(is_open(tasks)).over(partition_by=day).label("open_that_day"),
            func.row_number().over(partition_by=day, order_by=order).label("place"),
        )
        .where(own(tasks), day >= _FIRST_DAY, day < _DAY_AFTER, ~is_late(tasks))
        .subquery("placed")
    )
    shown = [column for column in placed.c if column.name != "place"]
    return (
        select(*shown)
        .where(placed.c.place <= _MOST_A_DAY)
        .order_by(placed.c.due_date, placed.c.place)
    )


def _money() -> Select[Any]:
    c = projects.c
    by_status = meaning(c.status, "active", "planning", "on_hold").asc().nulls_last()
    return (
        select(
            c.id,
            c.name,
            c.status,
            c.due_date,
            c.budget,
            c.spent,
            tallied("total").label("tasks_total"),
            (tallied("total") - tallied("open")).label("tasks_done"),
        )
        .select_from(projects.outerjoin(TALLY, TALLY.c.project_id == c.id))
        .where(own(projects), _is_counted())
        .order_by(by_status, c.created_at.desc(), c.id)
        .limit(_MOST_PROJECTS)
    )


def _done_by_week() -> Select[Any]:
    number: ColumnElement[Any] = func.width_bucket(tasks.c.completed_at, _EACH_WEEK_FROM)
    count: ColumnElement[Any] = func.count()
    return (
        select(number.label("number"), count.label("tasks"))
        .where(own(tasks), _done_between(_WEEKS_FROM, _WEEK_TO))
        .group_by(number)
    )


def _workload() -> Select[Any]:
    c = team_members.c
    load = (
        select(
            tasks.c.assignee_id,
            count_where(is_open(tasks)).label("open_tasks"),
            count_where(is_late(tasks)).label("late_tasks"),
        )
        .where(own(tasks), tasks.c.assignee_id.is_not(None))
        .group_by(tasks.c.assignee_id)
        .subquery("load")
    )
    none = literal_column("0", Integer)
    return (
        select(
            c.id,
            c.name,
            c.status,
            c.workload,
            func.coalesce(load.c.open_tasks, none).label("open_tasks"),
            func.coalesce(load.c.late_tasks, none).label("late_tasks"),
        )
        .select_from(team_members.outerjoin(load, load.c.assignee_id == c.id))
        .where(own(team_members))
        .order_by(c.workload.desc().nulls_last(), alphabetical(c.name), c.id)
        .limit(_MOST_MEMBERS)
    )


def _changes() -> Select[Any]:
    nouns = union_all(
        _changed("task", tasks, "title"),
        _changed("project", projects, "name"),
        _changed("team_member", team_members, "name"),
    ).subquery("nouns")
    shown = [column for column in nouns.c if column.name != "instant"]
    return (
        select(*shown, rfc3339(nouns.c.instant).label("changed_at"))
        .order_by(nouns.c.instant.desc(), nouns.c.id)
        .limit(_MOST_CHANGES)
    )


def _changed(noun: str, table: Table, name: str) -> Select[Any]:
    """Select the last few changes of one noun, with the same columns for all."""
    c = table.c
    touched = c.get("updated_at")
    instant = c.created_at if touched is None else func.coalesce(touched, c.created_at)
    is_new = true() if touched is None else func.coalesce(touched == c.created_at, false())
    money = table is projects
    latest = (
        select(
            literal_column(f"'{noun}'", Text).label("noun"),
            c.id,
            c[name].label("name"),
            c.status,
            (cast(null(), Date) if table is team_members else c.due_date).label("due_date"),
            (project_name(table) if table is tasks else cast(null(), Text).label("project_name")),
            (c.budget if money else cast(null(), Numeric)).label("budget"),
            (c.spent if money else cast(null(), Numeric)).label("spent"),
            is_new.label("is_new"),
            instant.label("instant"),
        )
        .where(own(table), func.isfinite(instant))
        .order_by(instant.desc())
        .limit(_MOST_CHANGES)
        .subquery(f"latest_{table.name}")
    )
    return select(*latest.c)


_PARTS: Final[Mapping[str, Callable[[], Select[Any]]]] = {
    "figures": _figures,
    "late": _late,
    "week": _week,
    "money": _money,
    "statuses": lambda: board.counts(()),
    "done_by_week": _done_by_week,
    "workload": _workload,
    "changes": _changes,
}
# Other panels are made of the part of their own name.
_PARTS_OF: Final = {"week": ("late", "week")}
