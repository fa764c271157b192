"""The panels of the dashboard, all worked out from one overview of the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import url_for

from provision.nouns.projects import STATUSES as PROJECT_STATUSES
from provision.nouns.tasks import STATUSES
from provision.web.format import dates
from provision.web.format.dates import brief_day, short_day
from provision.web.format.money import Budget, budget, money
from provision.web.format.names import brief_names, named
from provision.web.tasks.view import LATE, NOT_DONE, WEEK, TaskView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from provision.tenant.queries.dashboard import Overview
    from provision.tenant.queries.rows import (
        DueTask,
        MemberLoad,
        ProjectMoney,
        RecentChange,
        StatusCount,
    )

_SHOWN_A_DAY: Final = 4
# The highest percentage shown. Other programs may have stored any number.
_MOST_SHOWN: Final = 999
_NEAR: Final = 90


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the four numbers at the top; `href` lists its tasks, `tone` is red or empty."""

    number: str
    noun: str
    note: str
    href: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class WeekColumn:
    """A column of the week; `kind` is late, past, today, weekend or empty.

    `tasks` are triples of title, status and address. `rest` lists the whole day, of which `more`
    tasks are not shown.
    """

    label: str
    kind: str
    note: str
    tasks: tuple[tuple[str, str | None, str], ...]
    more: int
    rest: str


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A project in "budget against spent"; `tone` is red over budget, amber from 90 % of it."""

    row: ProjectMoney
    href: str
    progress: str
    due: str
    budget: Budget
    tone: str


@dataclass(frozen=True, slots=True)
class LoadLine:
    """A person in "workload"; `percent` is None if the table holds no workload."""

    row: MemberLoad
    name: str
    href: str
    percent: int | None
    text: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A line of "changed last"; `when` is a time of today or a day."""

    noun: str
    status: str | None
    name: str
    href: str
    when: str
    iso: str
    what: str
    place: str | None
    is_new: bool


def panels(overview: Overview, today: date) -> dict[str, dict[str, Any]]:
    """Return the variables of each panel's template, by the panel's name."""
    lines = changes(overview, today)
    return {
        "figures": {"figures": figures(overview)},
        "week": {"week": week(overview, today)},
        "money": {"money": money_lines(overview, today), "money_total": money_total(overview)},
        "statuses": {
            "statuses": statuses(overview.statuses),
            "tasks": overview.figures.tasks,
        },
        "done_by_week": {"done_by_week": done_by_week(overview)},
        "workload": {"workload": workload(overview)},
        "changes": {
            "changes": lines,
            "is_all_today": all(":" in each.when for each in lines),
        },
    }


def figures(overview: Overview) -> list[Figure]:
    """Return the four numbers at the top."""
    f = overview.figures
    oldest = f.oldest_overdue_days
    return [
        Figure(
            number=f"{f.open:,}",
            noun="open",
            note=f"in {_count(f.open_projects, 'project')}",
            href=TaskView(view="list", status=NOT_DONE).url(),
        ),
        Figure(
            number=f"{f.overdue:,}",
            noun="overdue",
            note=f"oldest {_count(oldest, 'day')}" if oldest else "nothing is late",
            href=TaskView(view="list", due=LATE).url() if f.overdue else "",
            tone="red" if f.overdue else "",
        ),
        Figure(
            number=f"{f.due_this_week:,}",
            noun="due this week",
            note=f"{f.due_tomorrow:,} tomorrow",
            href=TaskView(view="list", status=NOT_DONE, due=WEEK).url(),
        ),
        Figure(
            number=f"{f.done_this_week:,}",
            noun="done this week",
            note=f"{f.done_last_week:,} last week",
            href=TaskView(view="list", done=WEEK, sort="-updated_at").url(),
        ),
    ]


def week(overview: Overview, today: date) -> list[WeekColumn]:
    """Return the columns of the week: late tasks, and its seven days."""
    overdue = overview.figures.overdue
    note = f"{overdue:,}" if overdue else ""
    at_late = TaskView(view="list", due=LATE)
    columns = [_column("Late", "late", note, due=overview.late, total=overdue, rest=at_late)]
    for each in overview.week:
        before, after = (str(each.day + timedelta(days=days)) for days in (1, -1))
        that_day = TaskView(view="list", due_before=before, due_after=after)
        label = f"{dates.weekday(each.day)} {each.day.day}"
        kind = "past" if each.day < today else "weekend" if each.day.weekday() >= 5 else ""
        note = f"{each.open:,}" if each.open else ""
        if each.day == today:
            kind, note = "today", "Today"
        columns.append(_column(label, kind, note, due=each.tasks, total=each.open, rest=that_day))
    return columns


def _column(
    label: str, kind: str, note: str, *, due: Sequence[DueTask], total: int, rest: TaskView
) -> WeekColumn:
    shown = due[:_SHOWN_A_DAY]
    listed = ((named(t.title), t.status, url_for("tasks.detail", task_id=t.id)) for t in shown)
    still_open = sum(1 for task in shown if task.status != "done")
    more = max(0, total - still_open)
    return WeekColumn(label, kind, note, tuple(listed), more, rest.url())


def money_lines(overview: Overview, today: date) -> list[MoneyLine]:
    """Return budget and spent money of each project."""
    lines = []
    for row in overview.money:
        spent = budget(row.budget_amount, row.spent_amount)
        near = spent.percent is not None and spent.percent >= _NEAR
        tone = "red" if spent.is_over else "amber" if near else ""
        href = url_for("projects.detail", project_id=row.id)
        lines.append(
            MoneyLine(row, href, _progress(row), brief_day(row.due_date, today), spent, tone)
        )
    return lines


def _progress(row: ProjectMoney) -> str:
    """Return how many tasks of an active or completed project are done; else its status."""
    if row.status in ("active", "completed"):
        return f"{row.tasks_done:,} of {row.tasks_total:,}"
    return PROJECT_STATUSES.get(row.status or "", row.status or "")


def money_total(overview: Overview) -> str:
    """Return the sums of all projects, as `70,090 of 115,700`; empty if both are zero."""
    spent, planned = overview.figures.spent, overview.figures.budget
    if not planned and not spent:
        return ""
    return f"{money(spent)} of {money(planned)}" if planned else f"{money(spent)} spent"


def statuses(counts: Sequence[StatusCount]) -> list[tuple[str | None, int]]:
    """Return the number of tasks by status: ours in order, then those of other programs."""
    found = {count.status: count.tasks for count in counts}
    foreign = sorted(
        ((name, tasks) for name, tasks in found.items() if name not in STATUSES),
        key=lambda each: -each[1],
    )
    return [(name, found.get(name, 0)) for name in STATUSES] + foreign[:4]


def done_by_week(overview: Overview) -> list[tuple[str, int, bool]]:
    """Return label and number of each column of "done by week", and whether it is the last.

    The first label of a month names it.
    """
    found, month = [], 0
    for each in overview.done_by_week:
        day = each.week
        name = str(day.day) if day.month == month else dates.day_and_month(day)
        month = day.month
        found.append((name, each.tasks, each is overview.done_by_week[-1]))
    return found


def workload(overview: Overview) -> list[LoadLine]:
    """Return the workload of each person; over 100 % is too much."""
    lines, names = [], brief_names([row.name for row in overview.workload])
    for row, name in zip(overview.workload, names, strict=True):
        load = row.workload
        text = "" if load is None else f"{load} %"
        if load is not None and abs(load) > _MOST_SHOWN:
            text = f">{_MOST_SHOWN} %" if load > 0 else "<0 %"
        href = url_for("team.detail", member_id=row.id)
        percent = None if load is None else max(-_MOST_SHOWN, min(load, _MOST_SHOWN))
        lines.append(LoadLine(row, name, href, percent, text, is_over=(load or 0) > 100))
    return lines


def changes(overview: Overview, today: date) -> list[ChangeLine]:
    """Return the lines of what changed last, newest first."""
    return [_change(row, today) for row in overview.changes]


def _change(row: RecentChange, today: date) -> ChangeLine:
    when = dates.local(row.changed_at)
    text = ""
    if when is not None:
        text = dates.clock(when) if when.date() == today else dates.day_and_month(when)
    place = {"task": row.project_name, "project": None}.get(row.noun)
    return ChangeLine(
        noun={"team_member": "team"}.get(row.noun, row.noun),
        status=row.status,
        name=named(row.name),
        href=_href(row),
        when=text,
        iso=row.changed_at,
        what=_what(row, today),
        place=place,
        is_new=row.is_new,
    )


def _href(row: RecentChange) -> str:
    if row.noun == "task":
        return url_for("tasks.detail", task_id=row.id)
    if row.noun == "project":
        return url_for("projects.detail", project_id=row.id)
    return url_for("team.detail", member_id=row.id)


def _what(row: RecentChange, today: date) -> str:
    if row.noun == "team_member":
        return "joined the team"
    if row.noun == "project":
        return _what_of_project(row)
    if row.is_new and row.status != "done":
        day = short_day(row.due_date, today)
        return f"new, due {'today' if day == 'Today' else day}" if day else "new"
    return STATUSES.get(row.status or "", row.status or "")


def _what_of_project(row: RecentChange) -> str:
    spent, planned = row.spent, row.budget
    if spent is not None and spent.is_finite() and planned is not None and planned.is_finite():
        return f"spent {money(spent)} of {money(planned)}"
    return "new project" if row.is_new else "project"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
