"""What the queries hand out: rows as their PostgreSQL sent them, decoded from its JSON.

The database is the user's own and other programs write to it, so nothing here insists on more
than the column's type: a status may be any text, money may be NaN, a date may be `infinity`.
Dates and timestamps stay the ISO text they came as; properties read them where they can be read.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal  # noqa: TC003  # msgspec reads the annotations at run time

from msgspec import Struct

from provision.nouns.days import parse_day


def read_instant(text: str | None) -> datetime | None:
    """Return the instant, aware and in UTC, or None where none can be read."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def finite(amount: Decimal | None) -> Decimal | None:
    """Return the amount, or None for none and for NaN, which can be neither added nor drawn."""
    return amount if amount is not None and amount.is_finite() else None


class Row(Struct, frozen=True, kw_only=True):
    """Base of all rows."""


class Dated(Row, frozen=True, kw_only=True):
    """A row with a day it is due."""

    due_date: str | None

    @property
    def due(self) -> date | None:
        return parse_day(self.due_date)


class TeamMember(Row, frozen=True, kw_only=True):
    """A person as the table holds them.

    `version` is the row's: a write is refused if the row has another one by then.
    """

    id: str
    name: str
    email: str | None
    role: str | None
    workload: int | None
    status: str | None
    created_at: str | None
    version: str

    @property
    def created(self) -> datetime | None:
        return read_instant(self.created_at)


class Stamped(Dated, frozen=True, kw_only=True):
    """What a project and a task have in common; `version` as above."""

    id: str
    description: str | None
    status: str | None
    priority: str | None
    created_at: str | None
    updated_at: str | None
    version: str

    @property
    def created(self) -> datetime | None:
        return read_instant(self.created_at)


class Project(Stamped, frozen=True, kw_only=True):
    """A project as the table holds it, and as the JSON API sends it."""

    name: str
    budget: Decimal | None
    spent: Decimal | None

    @property
    def budget_amount(self) -> Decimal | None:
        return finite(self.budget)

    @property
    def spent_amount(self) -> Decimal | None:
        return finite(self.spent)


class ProjectCard(Project, frozen=True, kw_only=True):
    """A project and how far its tasks are."""

    tasks_total: int
    tasks_done: int
    tasks_late: int


class Task(Stamped, frozen=True, kw_only=True):
    """A task as the table holds it, and as the JSON API sends it."""

    project_id: str | None
    assignee_id: str | None
    title: str
    position: Decimal | None
    completed_at: str | None

    @property
    def completed(self) -> datetime | None:
        return read_instant(self.completed_at)


class TaskDetail(Task, frozen=True, kw_only=True):
    """A task and the names of what it refers to."""

    project_name: str | None
    assignee_name: str | None


class TaskCard(TaskDetail, frozen=True, kw_only=True):
    """A task as boards and lists show it; its description is left in the database."""

    description: str | None = None


class NextTask(Dated, frozen=True, kw_only=True):
    """One of the few tasks shown below a person."""

    id: str
    title: str
    status: str | None


class TeamCard(TeamMember, frozen=True, kw_only=True):
    """A person and what they are on; `next_tasks` are up to five open ones, soonest due first."""

    all_tasks: int
    open_tasks: int
    late_tasks: int
    next_tasks: tuple[NextTask, ...]


class Option(Row, frozen=True, kw_only=True):
    """A choice in a select."""

    id: str
    name: str


class StatusCount(Row, frozen=True, kw_only=True):
    """How many tasks hold a status; any text the rows hold, or None for none."""

    status: str | None
    tasks: int
    late: int


class ProjectPerson(Row, frozen=True, kw_only=True):
    """Somebody with tasks in a project, and how many of those are open."""

    id: str
    name: str
    open_tasks: int


class DueTask(Dated, frozen=True, kw_only=True):
    """A task on the dashboard's week."""

    id: str
    title: str
    status: str | None
    project_name: str | None


class Figures(Row, frozen=True, kw_only=True):
    """The dashboard's numbers. Weeks start on Monday; money leaves NaN out."""

    tasks: int
    open: int
    open_projects: int
    """Projects that have at least one open task."""
    overdue: int
    oldest_overdue_days: int | None
    due_this_week: int
    """Open and due from today to Sunday."""
    due_tomorrow: int
    done_this_week: int
    done_last_week: int
    budget: Decimal
    spent: Decimal


class ProjectMoney(Dated, frozen=True, kw_only=True):
    """A project's line in "budget against spent"."""

    id: str
    name: str
    status: str | None
    budget: Decimal | None
    spent: Decimal | None
    tasks_total: int
    tasks_done: int

    @property
    def budget_amount(self) -> Decimal | None:
        return finite(self.budget)

    @property
    def spent_amount(self) -> Decimal | None:
        return finite(self.spent)


class WeekCount(Row, frozen=True, kw_only=True):
    """Tasks done in the week that starts on the day `week`."""

    week: date
    tasks: int


class MemberLoad(Row, frozen=True, kw_only=True):
    """A person's line in "workload"."""

    id: str
    name: str
    status: str | None
    workload: int | None
    open_tasks: int
    late_tasks: int


class RecentChange(Dated, frozen=True, kw_only=True):
    """Something that changed lately: a `task`, a `project`, or a `team_member` (who is new)."""

    noun: str
    id: str
    name: str
    status: str | None
    project_name: str | None
    budget: Decimal | None
    spent: Decimal | None
    is_new: bool
    """Never changed since it was created."""
    changed_at: str

    @property
    def changed(self) -> datetime | None:
        return read_instant(self.changed_at)


class FoundProject(Row, frozen=True, kw_only=True):
    """A project that a search found."""

    id: str
    name: str
    status: str | None


class FoundTask(Dated, frozen=True, kw_only=True):
    """A task that a search found."""

    id: str
    title: str
    status: str | None
    project_name: str | None


class FoundPerson(Row, frozen=True, kw_only=True):
    """A person that a search found."""

    id: str
    name: str
    role: str | None


class FoundWorkspace(Row, frozen=True, kw_only=True):
    """A workspace found in a database; `last_change` is RFC 3339 in UTC."""

    owner_id: str
    name: str
    projects: int
    tasks: int
    last_change: str | None
