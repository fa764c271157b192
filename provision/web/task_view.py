"""What of the tasks a person looks at: read from an address, and written back into links."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from provision.nouns import fields as fields_of
from provision.nouns.tasks import STATUSES
from provision.tenant.queries.filters import TaskFilters
from provision.tenant.queries.tasks import TASKS
from provision.web.htmx import htmx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.tenant.rows import TaskDetail

# The most pressing first.
PRIORITIES: Final = dict(reversed(fields_of.PRIORITIES.items()))
NOT_DONE: Final = "not_done"
NOBODY: Final = "nobody"
AGENDA: Final = "agenda"
_DEFAULTS: Final[Mapping[str, str]] = {"view": "board", "sort": AGENDA}


@dataclass(frozen=True, slots=True)
class TaskView:
    """Board or list, what it is narrowed to, and its order; empty text where nothing was asked.

    `status` is a stored status or `not_done`, `assignee_id` an id or `nobody`; `column` is the one
    that shows where there is room for one only.
    """

    view: str = "board"
    project_id: str = ""
    assignee_id: str = ""
    status: str = ""
    priority: str = ""
    q: str = ""
    sort: str = AGENDA
    column: str = ""

    @property
    def is_board(self) -> bool:
        return self.view == "board"

    @property
    def is_filtered(self) -> bool:
        return any((self.project_id, self.assignee_id, self.status, self.priority, self.q))

    @property
    def is_grouped(self) -> bool:
        """Whether the list is parted by when things are due."""
        return self.sort == AGENDA

    @property
    def lasting(self) -> dict[str, str]:
        """What stays when the filters change."""
        return _unusual({"view": self.view, "sort": self.sort, "column": self.column})

    def filters(self) -> TaskFilters:
        """Raises ValidationError for text that nothing stored can match."""
        is_exact = bool(self.status) and self.status != NOT_DONE
        is_person = bool(self.assignee_id) and self.assignee_id != NOBODY
        return TaskFilters(
            status=self.status if is_exact else None,
            is_open=True if self.status == NOT_DONE else None,
            priority=self.priority or None,
            q=self.q or None,
            project_id=self.project_id or None,
            assignee_id=self.assignee_id if is_person else None,
            is_unassigned=True if self.assignee_id == NOBODY else None,
        )

    def presets(self) -> dict[str, str]:
        """The fields that a new task needs to be among what is looked at."""
        wanted = {
            "project_id": self.project_id,
            "assignee_id": "" if self.assignee_id == NOBODY else self.assignee_id,
            "priority": self.priority if self.priority in PRIORITIES else "",
            "status": self.status if self.status in STATUSES else "",
        }
        return {name: text for name, text in wanted.items() if text}

    def shows(self, status: str | None) -> bool:
        """Whether the filter by status leaves room for tasks of this one."""
        if self.status == NOT_DONE:
            return status != "done"
        return not self.status or self.status == status

    def fits(self, row: TaskDetail) -> bool:
        """Whether a task that was just written is among what is looked at."""
        assignee = row.assignee_id or NOBODY
        text = f"{row.title}\n{row.description or ''}".casefold()
        return (
            self.shows(row.status)
            and self.project_id in ("", row.project_id)
            and self.assignee_id in ("", assignee)
            and self.priority in ("", row.priority)
            and self.q.casefold() in text
        )

    def url(self, **changes: str) -> str:
        """The address of this view with `changes`; what is as usual is left out."""
        held = {each.name: getattr(self, each.name) for each in fields(self)}
        given: dict[str, Any] = _unusual(held | changes)
        return url_for("tasks.list", **given)


def read(args: Mapping[str, str]) -> TaskView:
    """The view an address asks for; what makes no sense there is as if it was not said."""
    sort = args.get("sort", "")
    return TaskView(
        view="list" if args.get("view") == "list" else "board",
        project_id=_id(args.get("project_id", "")),
        assignee_id=NOBODY
        if args.get("assignee_id") == NOBODY
        else _id(args.get("assignee_id", "")),
        status=args.get("status", ""),
        priority=args.get("priority", ""),
        q=args.get("q", "").strip(),
        sort=sort if sort.removeprefix("-") in TASKS.sorts else AGENDA,
        column=args.get("column", ""),
    )


def behind() -> TaskView | None:
    """The board or list that the person has before them while htmx asks; None on other pages."""
    try:
        page = urlsplit(htmx.current_url)
    except ValueError:  # such as an unclosed bracket: a header is whatever the client sends
        return None
    if not htmx or page.path != url_for("tasks.list"):
        return None
    return read(MultiDict(parse_qsl(page.query)))


def asked() -> TaskView:
    """The view that the address of the present request describes."""
    return read(request.args)


def present() -> TaskView:
    """The view that the person has before them, or goes back to."""
    return behind() or asked()


def _unusual(given: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in given.items() if text and text != _DEFAULTS.get(name)}


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
