"""Tasks as boards and lists show them: columns, groups, and what each card says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zlib import crc32

from markupsafe import Markup

from provision.nouns.days import parse_day
from provision.nouns.tasks import STATUSES
from provision.tenant.queries.rows import TaskCard
from provision.web.format.dates import Due, due, finished, local, recently, week_start
from provision.web.format.names import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from provision.tenant.queries.rows import NextTask, StatusCount, TaskDetail
    from provision.web.answer.drawn_rows import DrawnRow
    from provision.web.tasks.view import TaskView

CARDS_A_COLUMN: Final = 25
MORE_CARDS: Final = 50
PRINTED_A_COLUMN: Final = 500
# Another program may have written any number of statuses; the list has the tasks of all of them.
_MOST_FOREIGN_COLUMNS: Final = 8
_GROUPS: Final = {
    "late": "Late",
    "this_week": "This week",
    "next_week": "Next week",
    "later": "Later",
    "no_date": "No date",
    "done": "Done",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A task on a board or in a list; `settled` is when it was done, as it is written."""

    id: str
    version: str
    title: str
    status: str | None
    priority: str | None
    project_id: str | None
    project: str | None
    assignee_id: str | None
    assignee: str | None
    due: Due
    is_done: bool
    settled: str
    written_at: str
    today: date

    @property
    def changed(self) -> str:
        """Return when the task was last written, in words. Only lists show it."""
        return recently(self.written_at, self.today)

    @property
    def column(self) -> str:
        return column_key(self.status)


@dataclass(frozen=True, slots=True)
class Column:
    """Cards of one status. `key` names it in the page; `more` is where the next cards are."""

    key: str
    status: str | None
    total: int
    cards: Markup
    is_current: bool
    more: str
    rest: int

    @property
    def is_ours(self) -> bool:
        """Tell whether the status is one of ours, so that tasks may be moved here."""
        return self.status in STATUSES


@dataclass(frozen=True, slots=True)
class Group:
    """Part of a list; `total` is None where a page may hold only some of it."""

    key: str
    title: str
    lines: Markup
    total: int | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as one line; `due` is when it is to be done, or when it was done."""

    id: str
    title: str
    status: str | None
    due: Due
    is_done: bool
    project: str | None


def card(row: TaskDetail, today: date) -> Card:
    """Work out what is shown of `row`."""
    is_done = row.status == "done"
    return Card(
        id=row.id,
        version=row.version,
        title=named(row.title),
        status=row.status,
        priority=row.priority,
        project_id=row.project_id,
        project=row.project_name,
        assignee_id=row.assignee_id,
        assignee=row.assignee_name,
        due=due(row.due_date, today, is_settled=is_done),
        is_done=is_done,
        settled=finished(row.completed_at, today) if is_done else "",
        written_at=row.updated_at or row.created_at or "",
        today=today,
    )


def task_line(row: NextTask | TaskCard, today: date) -> TaskLine:
    """Work out what is shown of `row`."""
    is_done = row.status == "done"
    when = due(row.due_date, today, is_settled=is_done)
    completed = local(row.completed_at) if isinstance(row, TaskCard) and is_done else None
    if completed:
        when = due(completed.date().isoformat(), today, is_settled=True)
    project = row.project_name if isinstance(row, TaskCard) else None
    return TaskLine(row.id, named(row.title), row.status, when, is_done, project)


def column_key(status: str | None) -> str:
    """Return a name for the column that is safe in an element id, for any status."""
    if status in STATUSES:
        return str(status)
    return f"x{crc32((status or '').encode(errors='replace')):08x}"


def columns(
    cards: Iterable[DrawnRow], counts: Sequence[StatusCount], view: TaskView, *, offset: int = 0
) -> list[Column]:
    """Return the columns of the board: our four statuses, then those of other programs."""
    by_status: dict[str | None, list[Markup]] = {}
    for status, html in cards:
        by_status.setdefault(status, []).append(html)
    totals = {count.status: count.tasks for count in counts}
    known: list[str | None] = [status for status in STATUSES if view.shows(status)]
    foreign = [status for status in totals if status not in STATUSES]
    shown = known + foreign[:_MOST_FOREIGN_COLUMNS]
    keys = [column_key(status) for status in shown]
    current = view.column if view.column in keys else keys[0] if keys else ""
    found = []
    for key, status in zip(keys, shown, strict=True):
        mine, total = by_status.get(status, ()), totals.get(status, 0)
        rest = max(0, total - offset - len(mine)) if mine else 0
        more = _more(status, view, offset + len(mine)) if rest else ""
        found.append(Column(key, status, total, joined(mine), key == current, more, rest))
    return found


def hidden_statuses(counts: Sequence[StatusCount]) -> int:
    """Return how many statuses get no column because the board has its most."""
    foreign = sum(1 for count in counts if count.status not in STATUSES)
    return max(0, foreign - _MOST_FOREIGN_COLUMNS)


def _more(status: str | None, view: TaskView, offset: int) -> str:
    if status is None:
        # No filter asks for tasks without a status; the whole list holds them, too.
        return view.url(view="list", column="")
    return view.url(status=status, column=column_key(status), offset=str(offset))


def joined(drawn: Iterable[Markup]) -> Markup:
    """Return one piece of HTML."""
    # `Markup.join` would look at each part again.
    return Markup("".join(drawn))  # noqa: S704


def groups(lines: Iterable[DrawnRow], *, is_first_page: bool, has_more: bool) -> list[Group]:
    """Part a list by the places of its lines, which `group_of` gave."""
    found: dict[str | None, list[Markup]] = {key: [] for key in _GROUPS}
    for key, html in lines:
        found[key].append(html)
    filled = [key for key in _GROUPS if found[key]]
    # A page may begin or end in the midst of a group.
    cut = {*filled[:1]} if not is_first_page else set()
    cut |= {*filled[-1:]} if has_more else set()
    return [
        Group(key, _GROUPS[key], joined(found[key]), None if key in cut else len(found[key]))
        for key in filled
    ]


def group_of(each: Card, today: date) -> str:
    """Return by when a task is due, done ones apart; weeks as the person counts them."""
    if each.is_done:
        return "done"
    if not each.due.iso:
        return "no_date"
    day = parse_day(each.due.iso)
    if day is None:
        is_past = each.due.iso.startswith("-") or each.due.iso.endswith("BC")
        return "late" if is_past else "later"
    if day < today:
        return "late"
    next_week = week_start(today) + timedelta(weeks=1)
    if day < next_week:
        return "this_week"
    return "next_week" if day < next_week + timedelta(weeks=1) else "later"
