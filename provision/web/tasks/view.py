"""The view of the tasks that a person has: read from an address, written back into links."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from provision.nouns import fields as fields_of
from provision.nouns.days import parse_day
from provision.nouns.folding import fold
from provision.nouns.tasks import STATUSES
from provision.tenant.queries.statements.filters import TaskFilters
from provision.tenant.queries.tasks import TASKS
from provision.web.answer.htmx import htmx
from provision.web.answer.urls import address_of, asking
from provision.web.format.dates import local, stored_midnight, today, week_start

if TYPE_CHECKING:
    from collections.abc import Mapping


# The most pressing first.
PRIORITIES: Final = dict(reversed(fields_of.PRIORITIES.items()))
NOT_DONE: Final = "not_done"
NOBODY: Final = "nobody"
AGENDA: Final = "agenda"
FILTERS: Final = (
    "project_id",
    "assignee_id",
    "status",
    "priority",
    "due",
    "due_after",
    "due_before",
    "done",
    "q",
)
LATE: Final = "late"
WEEK: Final = "week"
SOON: Final = "soon"
UNDATED: Final = "none"

DUE_RANGES: Final = {
    LATE: "Late",
    "today": "Today",
    WEEK: "This week",
    SOON: "This week and late",
    UNDATED: "No date",
}
DONE_RANGES: Final = {WEEK: "This week", "last_week": "Last week"}
_DEFAULTS: Final[Mapping[str, str]] = {"view": "board", "sort": AGENDA}


class Filtered(Protocol):
    """What the filters look at in a task."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def priority(self) -> str | None: ...
    @property
    def due_date(self) -> str | None: ...
    @property
    def project_id(self) -> str | None: ...
    @property
    def assignee_id(self) -> str | None: ...
    @property
    def completed_at(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class TaskView:
    """Board or list, its filters and its order; a filter that is not set is empty text.

    `status` is a stored status or `not_done`, `assignee_id` an id or `nobody`, `due` one of
    `DUE_RANGES`, `done` one of `DONE_RANGES`. `due_after` and `due_before` are days and do not
    match themselves. `column` is the one to show on a narrow screen. If `is_of_project` is true,
    this is the board on the page of the project `project_id`.
    """

    view: str = "board"
    project_id: str = ""
    assignee_id: str = ""
    status: str = ""
    priority: str = ""
    due: str = ""
    due_after: str = ""
    due_before: str = ""
    done: str = ""
    q: str = ""
    sort: str = AGENDA
    column: str = ""
    is_of_project: bool = False

    @property
    def is_board(self) -> bool:
        return self.view == "board"

    @property
    def is_filtered(self) -> bool:
        return any(getattr(self, name) for name in FILTERS)

    @property
    def is_grouped(self) -> bool:
        """Tell whether the list has groups by due date."""
        return self.sort == AGENDA

    @property
    def lasting(self) -> dict[str, str]:
        """Return the parameters that stay when the filters change."""
        return _unusual({"view": self.view, "sort": self.sort, "column": self.column})

    def filters(self) -> TaskFilters:
        """Return the filters of the query.

        Raises ValidationError for text that no stored value can match.
        """
        is_exact = bool(self.status) and self.status != NOT_DONE
        is_person = bool(self.assignee_id) and self.assignee_id != NOBODY
        given: dict[str, Any] = {
            "status": self.status if is_exact else None,
            "is_open": True if self.status == NOT_DONE else None,
            "priority": self.priority or None,
            "q": self.q or None,
            "project_id": self.project_id or None,
            "assignee_id": self.assignee_id if is_person else None,
            "is_unassigned": True if self.assignee_id == NOBODY else None,
        }
        return TaskFilters(**given | self._due() | self._done())

    def presets(self) -> dict[str, str]:
        """Return the field values with which a new task matches the filters."""
        wanted = {
            "project_id": self.project_id,
            "assignee_id": "" if self.assignee_id == NOBODY else self.assignee_id,
            "priority": self.priority if self.priority in PRIORITIES else "",
            "status": self.status if self.status in STATUSES else "",
            "due_date": today().isoformat() if self.due == "today" else "",
        }
        return {name: text for name, text in wanted.items() if text}

    def shows(self, status: str | None) -> bool:
        """Tell whether the filters can match tasks of this status."""
        if self.status == NOT_DONE or self._due().get("is_open"):
            return status != "done"
        if self.done and status != "done":
            return False
        return not self.status or self.status == status

    def fits(self, row: Filtered) -> bool:
        """Tell whether the filters match a task that was just written."""
        assignee = row.assignee_id or NOBODY
        texts = (fold(row.title), fold(row.description or ""))
        return (
            self.shows(row.status)
            and self.project_id in ("", row.project_id)
            and self.assignee_id in ("", assignee)
            and self.priority in ("", row.priority)
            and is_within(self._due(), parse_day(row.due_date), row.due_date)
            and self._was_done(row.completed_at)
            and any(fold(self.q) in text for text in texts)
        )

    def url(self, **changes: str) -> str:
        """Return the address of this view with `changes`, without parameters at their default."""
        held = {name: getattr(self, name) for name in _ASKED}
        return asking("tasks.list", _unusual(held | changes))

    @property
    def home(self) -> str:
        """Return the address of the page that shows this view."""
        if self.is_of_project:
            shown = None if self.is_board else self.view
            return url_for("projects.detail", project_id=self.project_id, view=shown)
        return self.url()

    def _due(self) -> dict[str, Any]:
        days = {name: parse_day(getattr(self, name)) for name in ("due_after", "due_before")}
        return due_range(self.due, today()) | {name: day for name, day in days.items() if day}

    def _done(self) -> dict[str, datetime]:
        if not self.done:
            return {}
        begins = week_start(today()) - timedelta(weeks=self.done != WEEK)
        return {
            "done_from": stored_midnight(begins),
            "done_before": stored_midnight(begins + timedelta(weeks=1)),
        }

    def _was_done(self, stored: str | None) -> bool:
        given, when = self._done(), local(stored)
        if not given or when is None:
            return not given
        moment = when.astimezone(UTC).replace(tzinfo=None)
        return given["done_from"] <= moment < given["done_before"]


_ASKED: Final = tuple(each.name for each in fields(TaskView) if each.name != "is_of_project")


def read(args: Mapping[str, str]) -> TaskView:
    """Return the view that the parameters ask for, without those that make no sense."""
    sort, assignee = args.get("sort", ""), args.get("assignee_id", "")
    return TaskView(
        view="list" if args.get("view") == "list" else "board",
        project_id=row_id(args.get("project_id", "")),
        assignee_id=NOBODY if assignee == NOBODY else row_id(assignee),
        status=args.get("status", ""),
        priority=args.get("priority", ""),
        due=args.get("due", "") if args.get("due") in DUE_RANGES else "",
        due_after=_day(args.get("due_after", "")),
        due_before=_day(args.get("due_before", "")),
        done=args.get("done", "") if args.get("done") in DONE_RANGES else "",
        q=args.get("q", "").strip(),
        sort=sort if sort.removeprefix("-") in TASKS.sorts else AGENDA,
        column=args.get("column", ""),
    )


def at(address: str) -> TaskView | None:
    """Return the view at an address of ours; None for other pages and malformed addresses."""
    try:
        page = urlsplit(address)
    except ValueError:  # such as an unclosed bracket: a header is whatever the client sends
        return None
    project_id = row_id(page.path.removeprefix(f"{address_of('projects.list')}/"))
    if project_id:
        return of_project(project_id, MultiDict(parse_qsl(page.query)))
    if page.path != address_of("tasks.list"):
        return None
    return read(MultiDict(parse_qsl(page.query)))


def of_project(project_id: str, args: Mapping[str, str]) -> TaskView:
    """Return the view on the own page of a project: its board, or with `?view=list` its list."""
    shown = "list" if args.get("view") == "list" else "board"
    return TaskView(view=shown, project_id=project_id, is_of_project=True)


def behind() -> TaskView | None:
    """Return the board or list on the page that htmx asks from; None on other pages."""
    return at(htmx.current_url) if htmx else None


def asked() -> TaskView:
    """Return the view that the present request asks for."""
    return read(request.args)


def present() -> TaskView:
    """Return the view on the page that htmx asks from, else that of the present request."""
    return behind() or asked()


def _unusual(given: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in given.items() if text and text != _DEFAULTS.get(name)}


def row_id(text: str) -> str:
    """Return the id as it is stored; empty for text that is no id."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _day(text: str) -> str:
    day = parse_day(text)
    return day.isoformat() if day else ""


def due_range(name: str, today: date) -> dict[str, Any]:
    """Return what a name of `DUE_RANGES` means today, as fields of `TaskFilters`.

    Late, and this week and late, leave out done tasks.
    """
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    next_week = week_start(today) + timedelta(weeks=1)
    ranges: dict[str, dict[str, Any]] = {
        LATE: {"due_before": today, "is_open": True},
        "today": {"due_after": yesterday, "due_before": tomorrow},
        WEEK: {"due_after": yesterday, "due_before": next_week},
        SOON: {"due_before": next_week, "is_open": True},
        UNDATED: {"is_undated": True},
    }
    return ranges.get(name, {})


def is_within(given: dict[str, Any], day: date | None, stored: str | None) -> bool:
    """Tell whether a due date lies within a range of `due_range`.

    `stored` is its text; `day` is None for dates that Python cannot hold (infinity, BC).
    """
    if given.get("is_undated"):
        return stored is None
    after, before = given.get("due_after"), given.get("due_before")
    if after is None and before is None:
        return True
    if stored is None:
        return False
    if day is None:
        is_past = stored.startswith("-") or stored.endswith("BC")
        return after is None if is_past else before is None
    return (after is None or day > after) and (before is None or day < before)
